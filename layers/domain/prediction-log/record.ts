/**
 * The log of predictions: what a model was asked and what it answered, in files beside the model, and what is known of the
 * truth. It is off unless the model's owner or a request turns it on.
 *
 *     predict ── message ──► queue `logs` ──► log-predictions: a file of many predictions, and its record
 *     feedback ── record, joined with the prediction as soon as that is in a file
 *
 * Files and records expire; they are deleted with the model.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

/** A cell, a row, or an image's or a series' nested arrays, as the request had it. */
const input = z.json();

/** What the model answered for a row: for a classification its class, for a regression its value; of several labels, which. */
export const loggedOutput = z.union([
  z.object({ class: z.string(), confidence: z.number(), labels: z.array(z.string()).exactOptional() }),
  z.object({ value: z.number() }),
]);
export type LoggedOutput = z.infer<typeof loggedOutput>;

/** One line of a log's file. */
export const loggedRow = z.object({
  prediction_id: z.string(),
  /** Within the request, from 0. */
  row: z.number().int().nonnegative(),
  at: z.string(),
  /** null where it is too large to be logged, such as a photograph. */
  input,
  output: loggedOutput,
});
export type LoggedRow = z.infer<typeof loggedRow>;

/** A file of the log. */
export const logFile = z.object({
  id: z.string(),
  model_id: z.string(),
  /** The ids of its first and its last prediction, by time. */
  first: z.string(),
  last: z.string(),
  /** The day of its folder. */
  day: z.string(),
  rows: z.number().int(),
  /** As it is stored, compressed. */
  bytes: z.number().int(),
});
export type LogFile = z.infer<typeof logFile>;

/** As it is called where it is downloaded. */
export const fileNameOf = ({ id }: Pick<LogFile, 'id'>): string => `predictions-${id}.jsonl.gz`;

/** What is known of the truth of a prediction. */
export const feedback = z.object({
  model_id: z.string(),
  prediction_id: z.string(),
  row: z.number().int(),
  /** Of several labels, those that the row has. */
  truth: z.union([z.string(), z.number(), z.array(z.string())]).exactOptional(),
  note: z.string().exactOptional(),
  given_at: z.string(),
  /** Absent until it is found in the log. */
  output: loggedOutput.exactOptional(),
});
export type Feedback = z.infer<typeof feedback>;

/** For how many days what is logged of the model is stored. */
export const retentionOf = ({ prediction_log }: { readonly prediction_log?: { readonly days: number } | undefined }) =>
  prediction_log?.days ?? LIMITS.predictionLog.days.default;
