/** Reads most numbers straight from the bytes of a file: a sign, at most 15 digits, and a point among them. */

export interface PlainNumber {
  value: number;
  /** With a comma as the decimal mark, so that a point can only group thousands. */
  withComma: number;
  hasPoint: boolean;
  /** Digits alone, of which the first of several is a 0. */
  leadingZero: boolean;
}

/** In memory of its own: to write a double into an object makes another object. */
export class ReadNumber implements PlainNumber {
  hasPoint = false;
  leadingZero = false;
  readonly #doubles = new Float64Array(2);

  get value(): number {
    return this.#doubles[0]!;
  }

  set value(value: number) {
    this.#doubles[0] = value;
  }

  get withComma(): number {
    return this.#doubles[1]!;
  }

  set withComma(value: number) {
    this.#doubles[1] = value;
  }
}

/** So many digits are exact, and so is one division by a power of ten (Clinger 1990). */
const MOST_DIGITS = 15;
/** So many of them are a whole number of 32 bits. */
const WHOLE_DIGITS = 9;
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, i) => 10 ** i);
const [ZERO, POINT, MINUS] = [48, 46, 45];

/** @returns whether the bytes are such a number, which is then in `into` */
export function readPlainNumber(bytes: Uint8Array, start: number, end: number, into: PlainNumber): boolean {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first > WHOLE_DIGITS) return readLongNumber(bytes, first, end, isNegative, into);
  let digits = 0;
  let point = -1;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    // What is less than 0 is large without its sign.
    if (digit >>> 0 <= 9) digits = (Math.imul(digits, 10) + digit) | 0;
    else if (digit === POINT - ZERO && point < 0) point = at;
    else return false;
  }
  if (end - first - (point < 0 ? 0 : 1) <= 0) return false;
  take(bytes, { first, end, point, isNegative }, digits, into);
  return true;
}

/** Adds to whole numbers of 32 bits, in a third of the time that larger ones take. */
function readLongNumber(
  bytes: Uint8Array,
  first: number,
  end: number,
  isNegative: boolean,
  into: PlainNumber,
): boolean {
  if (end - first > MOST_DIGITS + 1) return false;
  const middle = first + WHOLE_DIGITS;
  let upper = 0;
  let lower = 0;
  let point = -1;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >>> 0 <= 9) {
      if (at < middle) upper = (Math.imul(upper, 10) + digit) | 0;
      else lower = (Math.imul(lower, 10) + digit) | 0;
    } else if (digit === POINT - ZERO && point < 0) point = at;
    else return false;
  }
  if (end - first - (point < 0 ? 0 : 1) > MOST_DIGITS) return false;
  const digits = upper * POWERS[end - middle - (point < middle ? 0 : 1)]! + lower;
  take(bytes, { first, end, point, isNegative }, digits, into);
  return true;
}

interface Place {
  /** Of the first digit, or of the point. */
  readonly first: number;
  readonly end: number;
  /** -1 where there is none. */
  readonly point: number;
  readonly isNegative: boolean;
}

function take(bytes: Uint8Array, { first, end, point, isNegative }: Place, digits: number, into: PlainNumber): void {
  const signed = isNegative ? -digits : digits;
  into.hasPoint = point >= 0;
  into.leadingZero = point < 0 && !isNegative && end - first > 1 && bytes[first] === ZERO;
  if (point < 0) {
    into.value = into.withComma = signed;
    return;
  }
  into.value = signed / POWERS[end - point - 1]!;
  const whole = point - first;
  const groups = end - point - 1 === 3 && whole >= 1 && whole <= 3 && bytes[first] !== ZERO;
  into.withComma = groups ? signed : Number.NaN;
}

/** Within these bounds a number is written without an exponent. */
const SIZES = { least: 1e-6, most: 1e15 } as const;

/** Of a number without its sign. */
export const isPlainSize = (size: number): boolean => size < SIZES.most && (size >= SIZES.least || size === 0);
