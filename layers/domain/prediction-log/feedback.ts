/** Feedback on predictions: one record for each row, which the next feedback on the row replaces. */
import { idsFrom } from '../ids.ts';
import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
import { uuidOf } from './ids.ts';
import { type Feedback, feedback } from './record.ts';

const DAY_SECONDS = 86_400;
const PAGE = 1000;

interface Storing {
  /** For which it is stored. */
  readonly days: number;
  readonly now: number;
  /** Whether the truth that was said before is withdrawn. Default: it stays. */
  readonly withdraws?: boolean;
}

/** What is left out stays as it was said before. Resolves with all that is known. */
export async function putFeedback(
  table: Table,
  accountId: string,
  given: Feedback,
  { days, now, withdraws = false }: Storing,
): Promise<Feedback> {
  const key = keys.feedback(accountId, given.model_id, uuidOf(given.prediction_id), given.row);
  const expiresAt = epochSeconds(now) + (days + 1) * DAY_SECONDS;
  return feedback.parse(
    await table.update(key, { set: { ...given, expiresAt }, ...(withdraws ? { remove: ['truth'] } : {}) }),
  );
}

/** Of a prediction that is not in the log. */
export async function deleteFeedback(
  table: Table,
  accountId: string,
  { model_id, prediction_id, row }: Pick<Feedback, 'model_id' | 'prediction_id' | 'row'>,
): Promise<void> {
  await table.delete(keys.feedback(accountId, model_id, uuidOf(prediction_id), row));
}

/** That on predictions of this time, in epoch milliseconds, oldest first. `complete`: false if there is more. */
export async function readFeedback(
  table: Table,
  accountId: string,
  modelId: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly found: readonly Feedback[]; readonly complete: boolean }> {
  const prefix = prefixes.feedback(modelId);
  const range = { from: prefix + idsFrom(from), to: prefix + idsFrom(to + 1) };
  const query = { partition: keys.feedback(accountId, modelId, '', 0).pk, ...range };
  const found: Feedback[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items.map((item) => feedback.parse(item)));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < LIMITS.predictionLog.feedback);
  return { found, complete: cursor === undefined };
}
