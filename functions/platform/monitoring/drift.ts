import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { logFilesOf } from '#domain/prediction-log/files.ts';
import type { LogFile, LoggedRow } from '#domain/prediction-log/record.ts';
import { route, type Services } from '#functions/http/route.ts';
import { DRIFT_STATUSES, Drift, LEAST_VALUES, PSI_THRESHOLDS } from '#learning/serving/drift.ts';
import type { Input } from '#learning/serving/input.ts';
import { readReference, readServing } from '#learning/serving/stored.ts';
import { takesText } from '#learning/text/description.ts';
import { modelPath } from '../models/fields.ts';
import { type Period, periodAnswer, periodOf, periodQuery, showPeriod } from './fields.ts';
import { rowsOf } from './log-rows.ts';

const share = z.number().min(0).max(1);

const feature = z.strictObject({
  name: z.string(),
  status: z.enum(DRIFT_STATUSES).meta({
    description: `\`stable\` below ${PSI_THRESHOLDS.moderate}, \`moderate\` up to ${PSI_THRESHOLDS.significant}, \`significant\` above; \`too_few_values\` below ${LEAST_VALUES} values, which say little`,
  }),
  psi: z.number().nullable().meta({ description: 'The population stability index', example: 0.04 }),
  values: z.int().meta({ description: 'Not missing', example: 340 }),
  missing: share.meta({ description: 'The share of rows without a value', example: 0.02 }),
  reference_missing: share.nullable().meta({ description: 'The same of the training data', example: 0.01 }),
  bins: z.array(z.strictObject({ bin: z.string(), expected: share, actual: share })).meta({
    description: 'The share of the training data, and that of the predictions',
    example: [{ bin: '< 38', expected: 0.25, actual: 0.22 }],
  }),
  new_values: z
    .array(z.strictObject({ value: z.string(), count: z.int() }))
    .meta({ description: 'Words that the training data did not have, the most frequent first', example: [] }),
  new_share: share.meta({ description: 'The share of all values that are such words', example: 0 }),
});

const answer = z
  .strictObject({
    ...periodAnswer,
    rows: z.int().meta({ description: 'That were logged in files of the period', example: 340 }),
    rows_read: z.int().meta({
      description: `Of them, those that this says something of: where there are more than ${LIMITS.predictionLog.rows} or ${LIMITS.predictionLog.files} files, some in regular distances`,
      example: 340,
    }),
    thresholds: z
      .strictObject({ moderate: z.number(), significant: z.number() })
      .meta({ example: { ...PSI_THRESHOLDS } }),
    drifted: z.array(z.string()).meta({ description: 'The features whose status is `significant`', example: [] }),
    features: z.array(feature).meta({ description: 'Only of models of tables' }),
  })
  .meta({ id: 'ModelDrift' });

export const drift = route({
  method: 'GET',
  path: '/models/{model_id}/drift',
  summary: 'Compare the inputs of logged predictions with the data that the model was trained on',
  description:
    'An addition: the population stability index of each feature. Predictions are in the log some seconds after they were made.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: periodQuery },
  responses: { 200: { description: 'How far the inputs are from the training data', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query }, services) {
    const period = periodOf(query, services.adapters.now());
    const files: LogFile[] = [];
    for await (const file of logFilesOf(services.adapters.table, model.account_id, model.id, period)) files.push(file);
    const { features, read } = await counted(services, model, period, evenly(files));
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const drifted = features.filter(({ status }) => status === 'significant').map(({ name }) => name);
    const shown = { model_id: model.id, ...showPeriod(period), rows, rows_read: read };
    const shownFeatures = features.map((of) => ({ ...of, bins: [...of.bins], new_values: [...of.new_values] }));
    return { status: 200, body: { ...shown, thresholds: { ...PSI_THRESHOLDS }, drifted, features: shownFeatures } };
  },
});

/** As many as are read, in regular distances. */
function evenly(files: readonly LogFile[]): LogFile[] {
  const most = Math.min(files.length, LIMITS.predictionLog.files);
  return Array.from({ length: most }, (_, at) => files[Math.floor((at * files.length) / most)]!);
}

/** Files that are read at once. */
const TOGETHER = 8;

async function counted({ adapters }: Services, model: Model, period: Period, files: readonly LogFile[]) {
  const { artifacts } = adapters.blobs;
  const [serving, reference] = await Promise.all([readServing(artifacts, model), readReference(artifacts, model)]);
  if (takesText(model) || (serving.kind ?? 'table') !== 'table') return { features: [], read: 0 };
  const found = new Drift(serving, reference);
  const seen = new Set<string>();
  const isNew = ({ prediction_id, row, at }: LoggedRow): boolean => {
    const place = `${prediction_id} ${row}`;
    const time = Date.parse(at);
    // What was delivered to the log twice is in two files.
    if (time < period.from || time > period.to || seen.has(place)) return false;
    seen.add(place);
    return true;
  };
  for (let from = 0; from < files.length && seen.size < LIMITS.predictionLog.rows; from += TOGETHER) {
    const some = files.slice(from, from + TOGETHER);
    const rows = (await Promise.all(some.map((file) => rowsOf(adapters, model.account_id, file)))).flat();
    found.add(rows.filter((row) => row.input !== null && isNew(row)).map(({ input }) => input as Input));
  }
  return { features: found.features, read: seen.size };
}
