/** Reads the usual spelling of times straight from the bytes of a file: `2024-05-31`, `2024-05-31T07:30:00.5Z`. */
const CODE = { zero: 48, nine: 57, hyphen: 45, colon: 58, point: 46, blank: 32, T: 84, Z: 90 } as const;
const DAY_MS = 86_400_000;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Of a fraction of a second. */
const MOST_DIGITS = 9;

/** The day that was read last, which is mostly that of the next time, too, as one number, and when it begins. */
const last = new Float64Array([-1, 0]);

/** As `parseTime` reads it, or NaN for all other spellings and for days that do not exist. */
export function readIsoTime(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 10 || bytes[start + 4] !== CODE.hyphen || bytes[start + 7] !== CODE.hyphen) return Number.NaN;
  const century = twoDigits(bytes, start);
  const ofCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const ofMonth = twoDigits(bytes, start + 8);
  if ((century | ofCentury | month | ofMonth) < 0) return Number.NaN;
  const number = ((100 * century + ofCentury) * 100 + month) * 100 + ofMonth;
  if (number !== last[0]) {
    last[1] = startOfDay(100 * century + ofCentury, month, ofMonth);
    last[0] = number;
  }
  const day = last[1]!;
  if (length === 10) return day;
  const between = bytes[start + 10];
  if (length < 19 || (between !== CODE.blank && between !== CODE.T)) return Number.NaN;
  if (bytes[start + 13] !== CODE.colon || bytes[start + 16] !== CODE.colon) return Number.NaN;
  const hours = twoDigits(bytes, start + 11);
  const minutes = twoDigits(bytes, start + 14);
  const seconds = twoDigits(bytes, start + 17);
  if ((hours | minutes | seconds) < 0 || hours >= 24 || minutes >= 60 || seconds >= 60) return Number.NaN;
  const whole = day + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  if (length === 19) return whole;
  return whole + fraction(bytes, start + 19, bytes[end - 1] === CODE.Z ? end - 1 : end);
}

/** The number of two digits; -1 if they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - CODE.zero;
  const ones = bytes[at + 1]! - CODE.zero;
  // What is less than 0 is large without its sign.
  return tens >>> 0 <= 9 && ones >>> 0 <= 9 ? 10 * tens + ones : -1;
}

/** Whole milliseconds; 0 of nothing. */
function fraction(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  const count = end - start - 1;
  if (bytes[start] !== CODE.point || count < 1 || count > MOST_DIGITS) return Number.NaN;
  let digits = 0;
  for (let at = start + 1; at < end; at++) {
    const code = bytes[at]!;
    if (code < CODE.zero || code > CODE.nine) return Number.NaN;
    digits = 10 * digits + code - CODE.zero;
  }
  return Math.floor((digits / 10 ** count) * 1000);
}

/** Days since 1970 in the Gregorian calendar, with years that begin in March (Hinnant, "chrono-compatible low-level date algorithms"). */
function startOfDay(year: number, month: number, day: number): number {
  // Dates of earlier years have rules of their own.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > MONTH_DAYS[month - 1]! + (month === 2 && isLeap ? 1 : 0)) return Number.NaN;
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear;
  return (era * 146_097 + days - 719_468) * DAY_MS;
}
