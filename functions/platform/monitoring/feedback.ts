import { z } from 'zod';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { getModelByNumber } from '#domain/models/numbers.ts';
import type { Model } from '#domain/models/record.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { putFeedback } from '#domain/prediction-log/feedback.ts';
import { LATE_MS } from '#domain/prediction-log/files.ts';
import { type PredictionId, parsePredictionId } from '#domain/prediction-log/ids.ts';
import { type Feedback, type LoggedOutput, loggedOutput, retentionOf } from '#domain/prediction-log/record.ts';
import { findRequest } from '#domain/prediction-log/rows.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import type { Serving } from '#learning/serving/description.ts';
import { readServing } from '#learning/serving/stored.ts';
import { id, paragraph, time } from '../fields.ts';
import { predictionId } from './fields.ts';
import { isCorrect, type Truth, truthOf } from './truth.ts';

/** The table stores no number that is much larger. */
const LARGEST = 1e100;
const MOST_LABELS = 1000;

const word = z.string().max(LIMITS.predictionLog.truthCharacters);

const truth = z.union([word, z.number().min(-LARGEST).max(LARGEST), z.array(word).max(MOST_LABELS), z.null()]).meta({
  description:
    'What is true: the class; for a regression the number; of several labels, a list of those that the row has, or a text with a separator between them. Null or an empty text: it is not known, and what was said before is withdrawn',
  example: 'Adelie',
});

const body = z
  .strictObject({
    row: z
      .int()
      .min(0)
      .max(LIMITS.predictRows - 1)
      .default(0)
      .meta({ description: 'Which of the rows of the request, from 0' }),
    truth: truth.optional(),
    note: paragraph(LIMITS.predictionLog.note).optional(),
  })
  .meta({ id: 'PredictionFeedback', override: { anyOf: [{ required: ['truth'] }, { required: ['note'] }] } });

const answer = z
  .strictObject({
    prediction_id: predictionId,
    model_id: id,
    row: z.int(),
    truth: truth.meta({ description: 'What is known to be true; null where that is not known' }),
    note: z.string().nullable(),
    given_at: time,
    prediction: loggedOutput.nullable().meta({
      description: 'What was predicted; null until it is in the log, which takes seconds: then the status is 202',
      example: { class: 'Adelie', confidence: 0.97 },
    }),
    correct: z.boolean().nullable().meta({
      description:
        'Of a classification: whether the truth is what was predicted, of several labels exactly those; null where that is not known',
    }),
  })
  .meta({ id: 'PredictionFeedbackGiven' });

const PENDING = {
  prediction_id: '7-019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55',
  model_id: '019a0c9b-0000-7000-8000-000000000000',
  row: 0,
  truth: 'Adelie',
  note: null,
  given_at: '2026-01-31T09:00:00.000Z',
  prediction: null,
  correct: null,
} as const;

export const feedback = route({
  method: 'POST',
  path: '/predictions/{prediction_id}/feedback',
  summary: 'Say what is true of a prediction that was logged',
  description:
    'An addition. Feedback on the same row replaces what was said before, so it can be sent again; what is left out stays. `GET /models/{model_id}/feedback` has the accuracy that follows from it.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: z.strictObject({ prediction_id: predictionId }),
    body: json(body, { truth: 'Adelie', note: 'Seen by hand' }),
  },
  responses: {
    200: { description: 'What is known of the prediction now', schema: answer },
    202: {
      description:
        'Accepted: the prediction is so new that it is not in the log yet. The feedback counts as soon as it is. If it is not there within 15 minutes, or without that row, the feedback is discarded',
      schema: answer,
      example: PENDING,
    },
  },
  errors: [409],
  async resource({ caller, path }, { adapters }) {
    const asked = parsePredictionId(path.prediction_id);
    if (!asked) throw missing(path.prediction_id);
    try {
      return { asked, model: await getModelByNumber(adapters.table, caller.accountId, asked.modelNumber) };
    } catch (error) {
      // It was asked for a prediction, not for a model.
      throw error instanceof NotFoundError ? missing(path.prediction_id) : error;
    }
  },
  async handler({ resource: { asked, model }, path, body: { row, truth: given, note } }, { adapters }) {
    const { table, now } = adapters;
    if (given === undefined && note === undefined)
      throw ValidationError.of('body', 'must have truth or note; got neither');
    const given_at = isoTime(now());
    const output = await predicted(adapters, model, asked, { prediction_id: path.prediction_id, row });
    const said = isMissing(given) ? undefined : given;
    const checked = said === undefined ? {} : { truth: await inWords(adapters, model, said, output) };
    const known: Feedback = {
      ...{
        model_id: model.id,
        prediction_id: path.prediction_id,
        row,
        given_at,
        ...checked,
        ...(note === undefined ? {} : { note }),
      },
      ...(output ? { output } : {}),
    };
    const all = await putFeedback(table, model.account_id, known, {
      ...{ days: retentionOf(model), now: now() },
      withdraws: given !== undefined && said === undefined,
    });
    return { status: all.output === undefined ? 202 : 200, body: show(all) };
  },
});

/** As an empty cell of a table is. */
const isMissing = (given: Truth | null | undefined): given is null | '' =>
  given === null || (typeof given === 'string' && given.trim() === '');

const missing = (prediction: string): NotFoundError =>
  new NotFoundError(`Prediction ${prediction} not found: it was not logged, or its log has expired`);

/** `undefined`: it is so new that it may still be on its way to the log. Throws `NotFoundError` where it is not there. */
async function predicted(
  adapters: Adapters,
  model: Model,
  { at }: PredictionId,
  of: { readonly prediction_id: string; readonly row: number },
) {
  const rows = await findRequest(adapters, model.account_id, model.id, { ...of, at });
  const found = rows.find(({ row }) => row === of.row);
  if (found) return found.output;
  if (rows.length > 0) {
    throw new NotFoundError(
      `Prediction ${of.prediction_id} has no row ${of.row} in the log, but ${rows.length} from row 0 on`,
    );
  }
  const age = adapters.now() - at;
  if (age >= 0 && age < LATE_MS) return undefined;
  throw missing(`${of.prediction_id}, row ${of.row},`);
}

/** The truth as the model says it. One that was imported may answer other words than it names as its classes. */
async function inWords(
  { blobs }: Adapters,
  model: Model,
  given: Truth,
  output: LoggedOutput | undefined,
): Promise<Truth> {
  const serving = await readServing(blobs.artifacts, model);
  const others = output === undefined ? model.job_id === undefined : !isOf(serving, output);
  if (others && serving.task === 'classification' && typeof given !== 'object') return given;
  return truthOf(serving, given);
}

const isOf = ({ classes }: Pick<Serving, 'classes'>, output: LoggedOutput): boolean =>
  !('class' in output) || classes.includes(output.class);

const show = (of: Feedback): z.input<typeof answer> => ({
  prediction_id: of.prediction_id,
  model_id: of.model_id,
  row: of.row,
  truth: of.truth ?? null,
  note: of.note ?? null,
  given_at: of.given_at,
  prediction: of.output ?? null,
  correct: isCorrect(of) ?? null,
});
