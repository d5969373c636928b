import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { PREDICTION_ID_CHARACTERS } from '#domain/prediction-log/ids.ts';
import { isoTime } from '#domain/times.ts';
import { dayOrTime, endOf } from '#functions/http/day-or-time.ts';
import { id, time } from '../fields.ts';

export const predictionId = z
  .string()
  .min(1)
  .max(PREDICTION_ID_CHARACTERS)
  .meta({ example: '7-019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' });

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;

/** The query of what is said about the predictions of a time. */
export const periodQuery = z.strictObject({
  from: dayOrTime
    .optional()
    .meta({ description: `Predictions of this time or later. Default: ${DEFAULT_DAYS} days before \`to\`` }),
  to: dayOrTime.optional().meta({ description: 'Predictions of this time or before; a day is included. Default: now' }),
});

export const periodAnswer = { model_id: id, from: time, to: time };

export interface Period {
  /** Epoch milliseconds, both inclusive. */
  readonly from: number;
  readonly to: number;
}

/** Throws `ValidationError` for a period that ends before it begins. */
export function periodOf({ from, to }: z.output<typeof periodQuery>, now: number): Period {
  const until = to === undefined ? now : endOf(to) - 1;
  const since = from === undefined ? until - DEFAULT_DAYS * DAY_MS : Date.parse(from);
  if (since <= until) return { from: since, to: until };
  throw ValidationError.of('from', `must be at or before to, ${isoTime(until)}; got ${isoTime(since)}`);
}

export const showPeriod = ({ from, to }: Period) => ({ from: isoTime(from), to: isoTime(to) });
