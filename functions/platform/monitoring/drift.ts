import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { getModel } from '#domain/models/read.ts';
import { fileNameOf, type LogFile } from '#domain/prediction-log/record.ts';
import { route } from '#functions/http/route.ts';
import { DRIFT_STATUSES, LEAST_VALUES, PSI_THRESHOLDS } from '#learning/serving/drift.ts';
import { loggedDrift } from '#learning/serving/logged-drift.ts';
import { modelPath } from '../models/fields.ts';
import { periodAnswer, periodOf, periodQuery, showPeriod } from './fields.ts';

/** Damaged files, of one answer. */
const MOST_NAMED = 20;

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

const prediction = z.strictObject({
  name: z.enum(['class', 'value', 'confidence']).meta({ example: 'class' }),
  status: z.enum(DRIFT_STATUSES).meta({
    description: `As of features; \`too_few_values\` below ${LEAST_VALUES} before or now, \`no_reference\` where nothing was logged before`,
  }),
  psi: z.number().nullable().meta({ description: 'The population stability index', example: 0.02 }),
  values: z.int().meta({ example: 340 }),
  reference_values: z.int().meta({ description: 'Before the period', example: 322 }),
  bins: z.array(z.strictObject({ bin: z.string(), expected: share, actual: share })).meta({
    description: 'The share before, and that of the period',
    example: [{ bin: 'Adelie', expected: 0.44, actual: 0.41 }],
  }),
});

const damage = z.strictObject({
  code: z.literal('damaged_log_files'),
  message: z.string(),
  count: z.int().meta({ example: 1 }),
  files: z
    .array(z.strictObject({ day: z.string(), name: z.string() }))
    .meta({ description: `The first ${MOST_NAMED}` }),
});

/** Which one answer reads at most. */
const READ = { files: LIMITS.predictionLog.files, rows: LIMITS.predictionLog.rows };

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
    predictions: z.array(prediction).meta({
      description:
        'What the model answered, of whatever kind its data are: classes and confidence, or values. Compared with what it answered in as long a time before the period',
    }),
    warnings: z
      .array(damage)
      .optional()
      .meta({ description: 'Which files of the log are damaged, and therefore left out' }),
  })
  .meta({ id: 'ModelDrift' });

export const drift = route({
  method: 'GET',
  path: '/models/{model_id}/drift',
  summary: 'Compare logged predictions with the data that the model was trained on, and with earlier ones',
  description:
    'An addition: the population stability index of each feature, and of what was answered. Predictions are in the log some seconds after they were made. The event `model.drift` says when an index of the last day is above 0.25.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: periodQuery },
  responses: { 200: { description: 'How far the inputs are from the training data', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query }, services) {
    const period = periodOf(query, services.adapters.now());
    const { rows, read, features, predictions, damaged } = await loggedDrift(services.adapters, model, period, READ);
    const drifted = features.filter(({ status }) => status === 'significant');
    return {
      status: 200,
      body: {
        ...{ model_id: model.id, ...showPeriod(period), rows, rows_read: read, thresholds: { ...PSI_THRESHOLDS } },
        drifted: drifted.map(({ name }) => name),
        features: features.map((of) => ({ ...of, bins: [...of.bins], new_values: [...of.new_values] })),
        predictions: predictions.map((of) => ({ ...of, bins: [...of.bins] })),
        ...(damaged.length > 0 ? { warnings: [warningOf(damaged)] } : {}),
      },
    };
  },
});

function warningOf(damaged: readonly LogFile[]): z.output<typeof damage> {
  const files = damaged.slice(0, MOST_NAMED).map((file) => ({ day: file.day, name: fileNameOf(file) }));
  const named = files.map(({ day, name }) => `${name} of ${day}`).join(', ');
  const more = damaged.length > files.length ? ` and ${damaged.length - files.length} more` : '';
  const message = `Left out, because their bytes are not those that were written: ${named}${more}. Restore them from a backup`;
  return { code: 'damaged_log_files', message, count: damaged.length, files };
}
