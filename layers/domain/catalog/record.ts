import { z } from 'zod';
import { parseOnce } from '../ports/table/parse-once.ts';

/** What is known of a third party's language model; null where nobody has said. */
const settings = z.object({
  name: z.string(),
  model_id: z.string(),
  description: z.string().nullable(),
  is_active: z.boolean(),
  max_tokens: z.number().int().nullable(),
  temperature: z.number().nullable(),
  top_p: z.number().nullable(),
  region: z.string().nullable(),
});

export type Settings = z.infer<typeof settings>;

export const SETTINGS = settings.keyof().options;

/** Those of a new entry that nobody gives. */
export const DEFAULTS = {
  description: null,
  is_active: true,
  max_tokens: null,
  temperature: null,
  top_p: null,
  region: null,
} as const satisfies Omit<Settings, 'name' | 'model_id'>;

export const entry = settings.extend({
  /** Counted per account from 1; the number of a deleted entry is not used again. */
  id: z.number().int(),
  account_id: z.string(),
  /** Counts its changes from 1, which is its creation. */
  version: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export type Entry = z.infer<typeof entry>;

export const parseEntry = parseOnce(entry);

/** The entry that has a `model_id`. */
export const claim = z.object({ id: z.number().int() });

export const settingsOf = (of: Settings): Settings =>
  Object.fromEntries(SETTINGS.map((name) => [name, of[name]])) as Settings;
