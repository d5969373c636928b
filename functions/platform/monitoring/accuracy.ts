import { z } from 'zod';
import { DamagedFileError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { deleteFeedback, putFeedback, readFeedback } from '#domain/prediction-log/feedback.ts';
import { LATE_MS } from '#domain/prediction-log/files.ts';
import { parsePredictionId } from '#domain/prediction-log/ids.ts';
import { type Feedback, retentionOf } from '#domain/prediction-log/record.ts';
import { findRequest } from '#domain/prediction-log/rows.ts';
import { route, type Services } from '#functions/http/route.ts';
import { modelPath } from '../models/fields.ts';
import { periodAnswer, periodOf, periodQuery, showPeriod } from './fields.ts';
import { isCorrect, nameOf } from './truth.ts';

const answer = z
  .strictObject({
    ...periodAnswer,
    rows: z.int().meta({ description: 'With a truth that could be compared', example: 120 }),
    pending: z
      .int()
      .meta({ description: 'Whose prediction is not in the log yet, or may be in a damaged file of it', example: 0 }),
    complete: z
      .boolean()
      .meta({ description: `Whether this is all feedback; at most ${LIMITS.predictionLog.feedback} are read` }),
    accuracy: z.number().nullable().meta({
      description: 'Of a classification; of several labels, the share of rows with exactly those',
      example: 0.93,
    }),
    classes: z
      .array(
        z.strictObject({
          class: z.string().nullable().meta({
            description: 'The truth; several labels with `|` between them, and null for rows with none of the labels',
          }),
          rows: z.int(),
          correct: z.int(),
        }),
      )
      .meta({
        description: 'Of a classification: the most frequent hundred',
        example: [{ class: 'Adelie', rows: 60, correct: 58 }],
      }),
    mean_absolute_error: z.number().nullable().meta({ description: 'Of a regression', example: null }),
    mean_error: z.number().nullable().meta({
      description: 'Of a regression: the mean of predicted minus true, which is above 0 where predictions are too high',
      example: null,
    }),
    root_mean_squared_error: z.number().nullable().meta({ description: 'Of a regression', example: null }),
  })
  .meta({ id: 'ModelFeedback' });

const MOST_CLASSES = 100;

export const accuracy = route({
  method: 'GET',
  path: '/models/{model_id}/feedback',
  summary: 'Get the accuracy of a model by the feedback on its predictions',
  description: 'An addition. Of predictions that were made in a period, whenever the feedback was given.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: periodQuery },
  responses: { 200: { description: 'What follows from the feedback', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query }, services) {
    const { table, now } = services.adapters;
    const period = periodOf(query, now());
    const { found, complete } = await readFeedback(table, model.account_id, model.id, period);
    const known: Feedback[] = [];
    for (const one of found) {
      const of = await joined(services, model, one);
      if (of) known.push(of);
    }
    const pending = known.filter(({ truth, output }) => truth !== undefined && output === undefined).length;
    const shown = { model_id: model.id, ...showPeriod(period), pending, complete };
    return { status: 200, body: { ...shown, ...scored(known) } };
  },
});

/**
 * With what was predicted, where that was not in the log yet when the feedback was given. `undefined` if it has not come
 * into the log since: then the feedback is about nothing, and is deleted.
 */
async function joined({ adapters }: Services, model: Model, of: Feedback): Promise<Feedback | undefined> {
  const { table, now } = adapters;
  const asked = of.output === undefined ? parsePredictionId(of.prediction_id) : undefined;
  if (!asked) return of;
  const rows = await findRequest(adapters, model.account_id, model.id, { ...of, at: asked.at }).catch(
    (error: unknown) => {
      if (error instanceof DamagedFileError) return undefined;
      throw error;
    },
  );
  // It waits for the file to be restored.
  if (rows === undefined) return of;
  const logged = rows.find(({ row }) => row === of.row);
  if (logged) {
    const known = { ...of, output: logged.output };
    return putFeedback(table, model.account_id, known, { days: retentionOf(model), now: Date.parse(of.given_at) });
  }
  if (rows.length === 0 && now() - asked.at < LATE_MS) return of;
  await deleteFeedback(table, model.account_id, of);
  return undefined;
}

type Scores = Omit<z.input<typeof answer>, 'model_id' | 'from' | 'to' | 'pending' | 'complete'>;

function scored(all: readonly Feedback[]): Scores {
  const judged = all.flatMap((of) => {
    const correct = isCorrect(of);
    return correct === undefined ? [] : [{ class: nameOf(of.truth!), correct }];
  });
  const errors = all.flatMap(({ truth, output }) =>
    typeof truth === 'number' && output && 'value' in output ? [output.value - truth] : [],
  );
  const right = judged.filter(({ correct }) => correct).length;
  const classes = [...Map.groupBy(judged, (one) => one.class)]
    .map(([name, of]) => ({
      class: name === '' ? null : name,
      rows: of.length,
      correct: of.filter(({ correct }) => correct).length,
    }))
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, MOST_CLASSES);
  return {
    rows: judged.length + errors.length,
    accuracy: judged.length === 0 ? null : right / judged.length,
    classes,
    mean_absolute_error: meanOf(errors.map(Math.abs)),
    mean_error: meanOf(errors),
    root_mean_squared_error: rootOf(meanOf(errors.map((error) => error * error))),
  };
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const rootOf = (value: number | null): number | null => (value === null ? null : Math.sqrt(value));
