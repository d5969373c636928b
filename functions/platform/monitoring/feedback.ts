import { z } from 'zod';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { getModelByNumber } from '#domain/models/numbers.ts';
import type { Model } from '#domain/models/record.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { putFeedback } from '#domain/prediction-log/feedback.ts';
import { LATE_MS } from '#domain/prediction-log/files.ts';
import { type PredictionId, parsePredictionId } from '#domain/prediction-log/ids.ts';
import { type Feedback, loggedOutput, retentionOf } from '#domain/prediction-log/record.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id, paragraph, time } from '../fields.ts';
import { predictionId } from './fields.ts';
import { findLogged } from './log-rows.ts';

/** The table stores no number that is much larger. */
const LARGEST = 1e100;

const truth = z
  .union([z.string().max(LIMITS.predictionLog.truthCharacters), z.number().min(-LARGEST).max(LARGEST)])
  .meta({
    description: 'What is true: the class, or for a regression the number',
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
    truth: truth.nullable(),
    note: z.string().nullable(),
    given_at: time,
    prediction: loggedOutput.nullable().meta({
      description: 'What was predicted; null until it is in the log, which takes seconds',
      example: { class: 'Adelie', confidence: 0.97 },
    }),
    correct: z.boolean().nullable().meta({
      description: 'Of a classification: whether the truth is what was predicted; null where that is not known',
    }),
  })
  .meta({ id: 'PredictionFeedbackGiven' });

export const feedback = route({
  method: 'POST',
  path: '/predictions/{prediction_id}/feedback',
  summary: 'Say what is true of a prediction that was logged',
  description:
    'An addition. Feedback on the same row replaces what was said before, so it can be sent again. `GET /models/{model_id}/feedback` has the accuracy that follows from it.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: {
    path: z.strictObject({ prediction_id: predictionId }),
    body: json(body, { truth: 'Adelie', note: 'Seen by hand' }),
  },
  responses: { 200: { description: 'What is known of the prediction now', schema: answer } },
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
    const said = { ...(given === undefined ? {} : { truth: given }), ...(note === undefined ? {} : { note }) };
    if (Object.keys(said).length === 0) throw ValidationError.of('body', 'must have truth or note; got neither');
    expectTruth(model, given);
    const given_at = isoTime(now());
    const found = await predicted(adapters, model, asked, { prediction_id: path.prediction_id, row });
    const known: Feedback = {
      ...{ model_id: model.id, prediction_id: path.prediction_id, row, given_at, ...said },
      ...(found ? { output: found } : {}),
    };
    await putFeedback(table, model.account_id, known, { days: retentionOf(model), now: now() });
    return { status: 200, body: show(known) };
  },
});

const missing = (prediction: string): NotFoundError =>
  new NotFoundError(`Prediction ${prediction} not found: it was not logged, or its log has expired`);

/** Throws `ValidationError` for a truth that cannot be compared with what the model predicts. */
function expectTruth({ task }: Model, truth: string | number | undefined): void {
  if (truth === undefined || task === 'classification' || typeof truth === 'number') return;
  throw ValidationError.of('truth', `must be a number, as the model predicts numbers; got ${JSON.stringify(truth)}`);
}

/** `undefined`: it is so new that it may still be on its way to the log. Throws `NotFoundError` where it is not there. */
async function predicted(
  adapters: Adapters,
  model: Model,
  { at }: PredictionId,
  of: { readonly prediction_id: string; readonly row: number },
) {
  const found = await findLogged(adapters, model.account_id, model.id, { ...of, at });
  if (found) return found.output;
  const age = adapters.now() - at;
  if (age >= 0 && age < LATE_MS) return undefined;
  throw missing(`${of.prediction_id}, row ${of.row},`);
}

/** Whether a truth is what was predicted. `undefined` where that cannot be said. */
export function isCorrect({ truth: given, output }: Pick<Feedback, 'truth' | 'output'>): boolean | undefined {
  return given === undefined || output === undefined || !('class' in output)
    ? undefined
    : String(given) === output.class;
}

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
