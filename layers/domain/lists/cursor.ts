/** Where a page of a list begins, as opaque text for the caller of an API. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../canonical-json.ts';
import { ValidationError } from '../errors.ts';

const cursor = z.strictObject({
  /** Of the list and the filters that the cursor belongs to. */
  list: z.string(),
  /** The number of the page that begins here. */
  page: z.int().min(2),
  /** Of the last entry before. */
  after: z.string().refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= 900),
});

export type Cursor = Pick<z.infer<typeof cursor>, 'page' | 'after'>;

/** Longer than any cursor is. */
export const CURSOR_CHARACTERS = 2000;

export const encodeCursor = (list: unknown, { page, after }: Cursor): string =>
  Buffer.from(JSON.stringify({ list: fingerprint(list), page, after })).toString('base64url');

/** Throws `ValidationError` for everything but a cursor of the same list. */
export function decodeCursor(list: unknown, encoded: string): Cursor {
  const bytes = Buffer.from(encoded, 'base64url');
  const parsed = cursor.safeParse(jsonOf(bytes));
  // Decoding ignores characters that are not base64url.
  if (parsed.success && parsed.data.list === fingerprint(list) && bytes.toString('base64url') === encoded) {
    return parsed.data;
  }
  throw ValidationError.of('cursor', 'must be the next_cursor of a page with the same order and filters');
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

const fingerprint = (list: unknown): string =>
  createHash('sha256').update(canonicalJson(list)).digest('base64url').slice(0, 12);
