/** Everything that a cell that is no plain number may be, whatever the column is. */
import { DATE_ORDERS } from '#domain/datasets/column-format.ts';
import { isPlainNumber, parseNumber, unitOf } from '../values/number.ts';
import { isOrdered, parseTime } from '../values/time.ts';
import { parseBoolean } from '../values/truth.ts';

export interface CellFacts {
  readonly isPlain: boolean;
  readonly hasPoint: boolean;
  readonly leadingZero: boolean;
  /** With a point and with a comma as the decimal mark. */
  readonly value: number;
  readonly withComma: number;
  readonly unit: string;
  readonly isOrdered: boolean;
  /** In each of the orders that a date may have. */
  readonly times: readonly number[];
  readonly pair: number | undefined;
}

/** As `2024-05-31` does: no number has a hyphen behind a digit, so that dates need not be looked at twice. */
const beginsWithYear = (cell: string): boolean =>
  cell.charCodeAt(4) === 45 && cell.charCodeAt(3) >= 48 && cell.charCodeAt(3) <= 57;

const LEADING_ZERO = /^0\d+$/;

export function factsOf(cell: string): CellFacts {
  const value = beginsWithYear(cell) ? Number.NaN : parseNumber(cell);
  const isPlain = isPlainNumber(cell);
  const hasPoint = cell.includes('.');
  const withComma = (isPlain && !hasPoint) || beginsWithYear(cell) ? value : parseNumber(cell, ',');
  const isNumber = isPlain || !Number.isNaN(value) || !Number.isNaN(withComma);
  const ordered = !isNumber && isOrdered(cell);
  const [usual, ...others] = DATE_ORDERS;
  const time = isNumber ? Number.NaN : parseTime(cell, usual);
  return {
    isPlain,
    hasPoint,
    leadingZero: isPlain && LEADING_ZERO.test(cell),
    value,
    withComma,
    unit: isNumber && !isPlain ? unitOf(cell) : '',
    isOrdered: ordered,
    times: [time, ...others.map((order) => (ordered ? parseTime(cell, order) : time))],
    pair: parseBoolean(cell)?.pair,
  };
}
