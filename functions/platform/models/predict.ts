import { z } from 'zod';
import { type Awaitable, andThen, isPromise } from '#domain/awaitable.ts';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { getServedModel } from '#domain/models/read.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Settings } from '#domain/settings.ts';
import { json } from '#functions/http/body/json.ts';
import { route, type Services } from '#functions/http/route.ts';
import { COVERAGES } from '#learning/assess/intervals.ts';
import { shown } from '#learning/csv/fault.ts';
import type { Prediction, PredictionOptions, Predictor } from '#learning/predictor.ts';
import { VARIANTS } from '#learning/serving/description.ts';
import { factsOf } from '#learning/serving/facts.ts';
import { BASES } from '#learning/serving/typical.ts';
import { type UnseenWords, unseenWords } from '#learning/serving/unseen.ts';
import { textsOf } from '#learning/text/tensors.ts';
import { predictionId } from '../monitoring/fields.ts';
import { logPredictions } from '../monitoring/log-prediction.ts';
import { modelPath } from './fields.ts';
import { isCell, row } from './row-schema.ts';

/** Ten thousand rows, or a photo, are more than other requests of JSON may have. */
export const predictionBound = ({ predictionBodyBytes }: Settings): number => predictionBodyBytes;

export interface PredictServices extends Services {
  /** Only a type here, so that declaring the route does not load ONNX Runtime. */
  readonly predictor: Pick<Predictor, 'predict' | 'describe'>;
}

export const body = z
  .strictObject({
    input: row.optional().meta({ description: 'One row' }),
    inputs: z.array(row).min(1).max(LIMITS.predictRows).optional().meta({ description: 'Several rows' }),
    probabilities: z
      .boolean()
      .default(false)
      .meta({ description: 'An addition: also the probability of each class; a regression has none' }),
    explain: z.boolean().default(false).meta({
      description:
        'An addition: also what each feature contributes, each region of an image, or each feature of a series at each step. At most 100 rows, and fewer for models of more than 25 features: rows × features × 8 are at most 20,000; of images, at most 39, and fewer if they are large; of texts each word, or some neighbouring words of long ones',
    }),
    reference: row.optional().meta({
      description:
        'An addition: with `explain`, the row to compare with. Default: typical values of the training data; an imported model has none',
    }),
    log: z.boolean().optional().meta({
      description:
        'An addition: whether inputs and answers go to the log of the model, for feedback and drift. Default: as the model is set',
    }),
    interval: z
      .literal([...COVERAGES])
      .exactOptional()
      .meta({
        description:
          'An addition: for a regression, also where the truth lies in so many of all cases, by the errors on the validation rows',
      }),
    variant: z.enum(VARIANTS).exactOptional().meta({
      description: 'An addition: `int8` predicts by `model.int8.onnx`, where the model has it',
      default: 'float32',
    }),
  })
  .meta({ id: 'PredictionRequest', override: { oneOf: [{ required: ['input'] }, { required: ['inputs'] }] } });

/** What most requests are, one row of cells and nothing else, as the schema makes it. */
export function onlyRow(value: unknown): z.output<typeof body> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const name in value) if (name !== 'input') return undefined;
  const { input } = value as { readonly input?: unknown };
  if (!Array.isArray(input) || !input.every(isCell)) return undefined;
  return { input, probabilities: false, explain: false };
}

const probability = z.number().min(0).max(1);

const byFeature = z.record(z.string(), z.number());

const explanation = z
  .strictObject({
    base: z.number().meta({ description: 'The prediction for a row of typical values', example: 0.36 }),
    basis: z.enum(BASES).meta({
      description:
        'What the typical row is: of the training data, `given` as `reference`, or for a model whose data are unknown the mean of the `request`, or of a single row `zeros`; for a text, `empty_text`',
    }),
    contributions: z.union([byFeature, z.array(z.array(z.number())), z.array(byFeature), z.array(z.number())]).meta({
      description:
        "By feature; of an image by row and column of its regions; of a series by `steps`, and of those by feature; of a text by `words`. With the base they all add up to the class's probability, or to the value",
      example: { bill_length_mm: 0.21, island: 0.43 },
    }),
    picture: z.string().optional().meta({
      description:
        'Of an image, a PNG as a data URL: it is red where it speaks for the answer, and blue where it speaks against it',
      example: 'data:image/png;base64,iVBORw0KGgo…',
    }),
    steps: z
      .array(z.array(z.int()).min(2).max(2))
      .optional()
      .meta({
        description:
          'Of a series, the first and the last row of the window that each of the contributions is about, from 0',
        example: [
          [0, 0],
          [1, 1],
        ],
      }),
    words: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Of a text, the words that each of the contributions is about: together they are the text',
        example: ['Ignore', ' all', ' rules.'],
      }),
  })
  .optional()
  .meta({ description: 'An addition: if `explain` is true' });

const answer = z
  .strictObject({
    predictions: z.array(
      z.union([
        z.strictObject({
          class: z.string(),
          confidence: probability,
          probabilities: z
            .record(z.string(), probability)
            .optional()
            .meta({ description: 'An addition: of each class, if `probabilities` is true' }),
          explanation,
        }),
        z
          .strictObject({
            value: z.number(),
            interval: z
              .array(z.number())
              .min(2)
              .max(2)
              .optional()
              .meta({ description: 'An addition: from and to, if `interval` was given' }),
            explanation,
          })
          .meta({ description: 'An addition: of a regression' }),
        z
          .strictObject({
            labels: z.array(z.strictObject({ label: z.string(), confidence: probability })).meta({
              description: 'Those that the row has, the most probable first',
              example: [{ label: 'red', confidence: 0.93 }],
            }),
            probabilities: z
              .record(z.string(), probability)
              .optional()
              .meta({ description: 'Of each label, if `probabilities` is true' }),
            explanation,
          })
          .meta({ description: 'An addition: of a target with several labels' }),
      ]),
    ),
    prediction_id: predictionId
      .optional()
      .meta({ description: 'An addition, where it is logged: for `POST /predictions/{prediction_id}/feedback`' }),
    warnings: z
      .array(
        z.strictObject({
          code: z.enum(['no_reference', 'unseen_values']),
          message: z.string(),
          feature: z.string().optional(),
          rows: z.int().optional(),
        }),
      )
      .optional()
      .meta({
        description:
          'An addition: what to know about the explanations (`no_reference`), and about rows with words of a `feature` that the model has not learned from (`unseen_values`)',
      }),
    logged_rows: z.int().optional().meta({
      description:
        'An addition, where it is logged: how many rows are, from the first on; there is room for 200,000 bytes',
    }),
  })
  .meta({ id: 'Predictions', example: { predictions: [{ class: 'cat', confidence: 0.892 }] } });

export const predict = route({
  method: 'POST',
  path: '/models/{model_id}/predict',
  summary: 'Make predictions using a trained model',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: modelPath,
    body: json(body, { input: [0.5, 0.3, 0.2, 0.1] }, { bound: predictionBound, quick: onlyRow }),
  },
  responses: { 200: { description: 'One prediction for each row, in their order', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }: PredictServices) =>
    getServedModel(adapters.table, caller.accountId, path.model_id),
  handler({ resource: model, body: { input, inputs, log, ...options } }, services: PredictServices) {
    const { predictor } = services;
    if ((input === undefined) === (inputs === undefined)) {
      throw ValidationError.of(
        'input',
        `must be given or inputs, and only one of them; got ${input ? 'both' : 'neither'}`,
      );
    }
    if (options.reference !== undefined && !options.explain) {
      throw ValidationError.of(
        'reference',
        'must be left out unless explain is true: it is what rows are compared with',
      );
    }
    const predicting =
      input === undefined
        ? predictRows(predictor, model, inputs ?? [], options)
        : named('input', () => predictRows(predictor, model, [input], options));
    return andThen(predicting, (predictions) => {
      const isLogged = log ?? model.prediction_log !== undefined;
      const logging = isLogged ? logPredictions(services, model, inputs ?? [input!], predictions) : undefined;
      return andThen(logging, (logged) =>
        andThen(unseenIn(predictor, model, inputs ?? [input!]), (unseen) => ({
          status: 200 as const,
          body: { predictions: Array.from(predictions), ...warningsOf(predictions, unseen), ...logged },
        })),
      );
    });
  },
});

const NO_REFERENCE = {
  code: 'no_reference',
  message:
    'Nothing is known of the data that the model was trained on, so the explanations compare with the mean of the rows of this request, or of a single row with zeros: send a typical row as reference',
} as const;

/** An image cannot be compared with another one. */
const ONLY_ZEROS = {
  code: 'no_reference',
  message:
    'Nothing is known of the data that the model was trained on, so the explanations compare with an image that the network takes for zeros',
} as const;

type Warnings = z.input<typeof answer>['warnings'];

function warningsOf(predictions: readonly Prediction[], unseen: readonly UnseenWords[]): { warnings?: Warnings } {
  const { basis, picture } = predictions[0]?.explanation ?? {};
  const found = [
    ...(basis === 'request' || basis === 'zeros' ? [picture === undefined ? NO_REFERENCE : ONLY_ZEROS] : []),
    ...unseen.map((one) => ({ code: 'unseen_values' as const, ...unseenMessage(one) })),
  ];
  return found.length > 0 ? { warnings: found } : {};
}

const unseenMessage = ({ feature, rows, first: { row, value } }: UnseenWords) => ({
  message: `The model has not learned from the word ${shown(value)} of ${shown(feature)}, first in row ${row}: it counts as none of those that it knows`,
  ...{ feature, rows },
});

/** Models of texts and of others have no words that are known here. */
const unseenIn = (
  predictor: PredictServices['predictor'],
  model: ServedModel,
  rows: readonly z.output<typeof row>[],
): Awaitable<readonly UnseenWords[]> => {
  const { takesText, isImported } = factsOf(model);
  return takesText || isImported ? [] : andThen(predictor.describe(model), (serving) => unseenWords(serving, rows));
};

/** Throws `ValidationError`, with fields such as `inputs[3]`. */
const predictRows = (
  predictor: PredictServices['predictor'],
  model: ServedModel,
  rows: readonly z.output<typeof row>[],
  options: PredictionOptions,
): Awaitable<readonly Prediction[]> =>
  predictor.predict(model, factsOf(model).takesText ? textsOf(rows).map((text) => [text]) : rows, options);

/** Names the field `input` in errors about a single row. */
function named<T>(field: string, predict: () => Awaitable<T>): Awaitable<T> {
  const rename = (error: unknown): never => {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.details.map((detail) => ({ ...detail, field: detail.field.replace(/^inputs\[0\]/, field) })),
      error.message,
    );
  };
  try {
    const predicting = predict();
    return isPromise(predicting) ? predicting.catch(rename) : predicting;
  } catch (error) {
    return rename(error);
  }
}
