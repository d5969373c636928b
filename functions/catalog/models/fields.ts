import { z } from 'zod';
import type { Author, Change } from '#domain/catalog/history.ts';
import { DEFAULTS, type Entry, type Settings, settingsOf } from '#domain/catalog/record.ts';
import { LIMITS } from '#domain/limits.ts';
import { line, nameLine, optionalLine, paragraph, time, trimmedLine } from '#functions/http/fields.ts';
import type { Caller } from '#functions/http/route.ts';

const { catalog: limits } = LIMITS;

/** The settings of a model as a request has them; null where it has none. */
export const settingFields = {
  name: nameLine(limits.name).meta({ example: 'Claude 3 Opus' }),
  model_id: trimmedLine(limits.modelId).meta({ description: 'Unique in the account', example: 'claude-3-opus' }),
  description: paragraph(LIMITS.description.max).nullable().meta({ example: 'Most capable Claude model' }),
  is_active: z.boolean().meta({ example: true }),
  max_tokens: z.int().min(1).max(limits.maxTokens).nullable().meta({ example: 200_000 }),
  temperature: z.number().min(0).max(limits.temperature).nullable().meta({ example: 0.5 }),
  top_p: z.number().min(0).max(limits.topP).nullable().meta({ example: 0.9 }),
  region: optionalLine(limits.region).nullable().meta({ example: 'us-west-2' }),
};

const { name, model_id, ...optional } = settingFields;

/** A model that is not there yet: what is left out is null, and `is_active` true. */
export const newModelFields = {
  name,
  model_id,
  description: optional.description.optional(),
  is_active: optional.is_active.optional().meta({ description: `Default: ${DEFAULTS.is_active}`, example: true }),
  max_tokens: optional.max_tokens.optional(),
  temperature: optional.temperature.optional(),
  top_p: optional.top_p.optional(),
  region: optional.region.optional(),
};

export const number = z.int().min(1).max(limits.id).meta({ example: 1 });

export const operatorId = z
  .union([z.int(), line(limits.operatorId)])
  .optional()
  .meta({
    description:
      'Who asks, for the history. A token says that better: then this is ignored. It decides about nothing else',
    example: 1,
  });

export const version = z.int().min(1).optional().meta({
  description: 'An addition: the version that is meant. 409 if the model has been changed since',
});

export const model = z
  .strictObject({
    id: z.int().meta({ description: 'Counted per account from 1', example: 2 }),
    ...settingFields,
    version: z.int().meta({ description: 'An addition: counts its changes, from 1', example: 1 }),
    created_at: time.meta({ description: 'An addition' }),
    updated_at: time.meta({ description: 'An addition' }),
  })
  .meta({ id: 'CatalogModel' });

export const showModel = (of: Entry): z.input<typeof model> => ({
  id: of.id,
  ...settingsOf(of),
  version: of.version,
  created_at: of.created_at,
  updated_at: of.updated_at,
});

/** As an export has it and an import takes it. */
export const portableModel = z.strictObject(settingFields).meta({ id: 'PortableModel' });

export const showPortable = (of: Settings): z.input<typeof portableModel> => settingsOf(of);

const differing = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()).nullable();

export const change = z
  .strictObject({
    id: z.int().meta({ description: 'Of the model', example: 1 }),
    version: z.int().meta({ description: 'Of the model, with this change', example: 2 }),
    action: z.enum(['created', 'updated', 'deleted']).meta({ example: 'updated' }),
    at: time,
    operator_id: z.union([z.string(), z.number()]).nullable().meta({ description: 'Who did it', example: 1 }),
    operator_source: z.enum(['token', 'request', 'none']).meta({
      description:
        '`token`: the user whose token it was. `request`: the `operatorId` of the request, which nobody checks',
      example: 'request',
    }),
    before: differing.meta({
      description: 'The settings that were changed, as they were; null for a new model',
      example: { is_active: true },
    }),
    after: differing.meta({
      description: 'The same, as they became; null for a deleted model',
      example: { is_active: false },
    }),
  })
  .meta({ id: 'CatalogChange' });

export const showChange = (of: Change): z.input<typeof change> => ({
  id: of.id,
  version: of.version,
  action: of.action,
  at: of.at,
  operator_id: of.operator_id,
  operator_source: of.operator_source,
  before: of.before,
  after: of.after,
});

/** A user's token proves who it is; whoever calls in another way can only say so. */
export function authorOf({ userId }: Caller, said: string | number | undefined): Author {
  if (userId !== undefined) return { operator_id: userId, operator_source: 'token' };
  if (said !== undefined) return { operator_id: said, operator_source: 'request' };
  return { operator_id: null, operator_source: 'none' };
}
