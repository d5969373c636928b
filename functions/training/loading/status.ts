import { z } from 'zod';
import { encoderNamed, isUploaded } from '#domain/encoders/catalogue.ts';
import { ENCODER_FAILURES } from '#domain/encoders/failures.ts';
import { encoderKey } from '#domain/encoders/place.ts';
import { findEncoder, listEncoders, listUploads } from '#domain/encoders/read.ts';
import { ENCODER_STATUSES, type EncoderState } from '#domain/encoders/record.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { route } from '#functions/http/route.ts';
import { ModelNotFoundError } from '../errors.ts';
import { modelName, percent } from '../fields.ts';
import { ENCODER_NAMES, sourceOf } from './fields.ts';

const ONE =
  'An addition: one encoder, such as any repository of the hub. Default: the four, and those that were uploaded';

const oneAnswer = z.strictObject({
  status: z.enum(['not_loaded', ...ENCODER_STATUSES]),
  progress: percent.meta({ description: 'Percent of its bytes', example: 75 }),
  source: z.string().meta({ example: 'Hugging Face' }),
  message: z.string().optional().meta({ description: 'An addition: why it has failed, and what can be done' }),
  code: z
    .enum(ENCODER_FAILURES)
    .optional()
    .meta({ description: 'An addition: the same for programs', example: 'HUB_UNREACHABLE' }),
});

const answer = z
  .strictObject({
    loading_in_progress: z.boolean(),
    loaded_models: z.int().meta({ example: 2 }),
    total_models: z.int().meta({ example: 4 }),
    progress: percent.meta({ description: 'Percent: the mean over the models', example: 50 }),
    models: z.record(z.string(), oneAnswer),
  })
  .meta({ id: 'LoadingStatus' });

export const status = route({
  method: 'GET',
  path: '/model-loading/status',
  summary: 'Get which encoders are loaded, and how far those are that are loading',
  description: '`compact-text` is trained from scratch and is not among them.',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject({ model_name: modelName.optional().meta({ description: ONE }) }) },
  responses: { 200: { description: 'By encoder', schema: answer } },
  errors: [404],
  async handler({ caller: { accountId }, query: { model_name } }, { adapters: { table }, settings }) {
    const found = model_name === undefined ? await all(table, accountId) : [await one(table, accountId, model_name)];
    const shown = found.map(([, state]) => show(state, sourceOf(settings)));
    const total = found.length;
    return {
      status: 200,
      body: {
        loading_in_progress: shown.some((one) => one.status === 'loading'),
        loaded_models: shown.filter((one) => one.status === 'loaded').length,
        total_models: total,
        progress: tenths(shown.reduce((sum, one) => sum + one.progress, 0) / total),
        models: Object.fromEntries(found.map(([name], i) => [name, shown[i]!])),
      },
    };
  },
});

type Named = readonly [name: string, state: EncoderState | undefined];

async function all(table: Table, accountId: string): Promise<Named[]> {
  const [states, uploads] = await Promise.all([listEncoders(table), listUploads(table, accountId)]);
  return [...ENCODER_NAMES.map((name, i): Named => [name, states[i]]), ...uploads.map((of): Named => [of.name, of])];
}

/** Throws `ModelNotFoundError`. */
async function one(table: Table, accountId: string, name: string): Promise<Named> {
  const state = encoderNamed(name) && (await findEncoder(table, encoderKey(name, accountId)));
  if (encoderNamed(name) && (state || !isUploaded(name))) return [name, state];
  throw new ModelNotFoundError(
    `Model ${name} not found; encoders are loaded, and uploaded ones have uploads/ before them`,
  );
}

function show(state: EncoderState | undefined, source: string): z.input<typeof oneAnswer> {
  if (!state) return { status: 'not_loaded', progress: 0, source };
  const { loaded_bytes, total_bytes, failure, failure_code } = state;
  const share = total_bytes === 0 ? 0 : Math.min(1, loaded_bytes / total_bytes);
  return {
    status: state.status,
    progress: state.status === 'loaded' ? 100 : tenths(100 * share),
    source: state.source,
    ...(failure === undefined ? {} : { message: failure }),
    ...(failure_code === undefined ? {} : { code: failure_code }),
  };
}

const tenths = (percents: number): number => Math.floor(percents * 10) / 10;
