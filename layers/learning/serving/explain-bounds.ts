/** How many rows one request may have explained, so that it ends in time. */
import { ValidationError } from '#domain/errors.ts';

/** Rows that are predicted for one request, altogether, and the most rows that it may explain. */
const MOST_RUNS = 20_000;
const MOST_ROWS = 100;
/** Numbers that the inputs of all those rows have together. */
const MOST_NUMBERS = 2 ** 26;
/** Numbers of the inputs of one run: 16 MiB of float32. */
const NUMBERS_TOGETHER = 2 ** 22;
const ROWS_TOGETHER = 512;

/** With many parts, one pair of orders takes as long as several with few. */
export const ordersFor = (parts: number): number => (parts <= 100 ? 8 : 2);

export interface Cost {
  readonly parts: number;
  readonly orders: number;
  /** Of a row's raw inputs. */
  readonly numbers: number;
}

export const rowsTogether = ({ numbers }: Pick<Cost, 'numbers'>): number =>
  Math.max(1, Math.min(ROWS_TOGETHER, Math.floor(NUMBERS_TOGETHER / numbers)));

/** 0 where a single explanation would take too long. */
export function mostExplained({ parts, orders, numbers }: Cost): number {
  const runs = parts * orders;
  return Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_RUNS / runs)), Math.floor(MOST_NUMBERS / (runs * numbers)));
}

/** @throws ValidationError, which says of what the bound is a consequence */
export function expectFew(cost: Cost, rows: number, because: string): void {
  const most = mostExplained(cost);
  if (most === 0) throw ValidationError.of('explain', `must be false for ${because}; got true`);
  if (rows <= most) return;
  throw ValidationError.of('inputs', `must have at most ${most} rows with explain, for ${because}; got ${rows}`);
}
