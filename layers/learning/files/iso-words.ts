/** Times of a Parquet column as ISO 8601, written straight into bytes. */
import { Words } from './parquet-words.ts';

export type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS';

const LENGTH = '2024-05-31T19:30:00.250Z'.length;
const TEMPLATE = Buffer.from('0000-00-00T00:00:00.000Z');
const ZERO = 48;
const DAY_MS = 86_400_000;
/** Beyond these years a time is not written with four digits. */
const YEARS = { least: 0, most: 9999 } as const;

/** How many units a millisecond has, and 2^32 units in milliseconds: so whole, and what remains in units. */
const UNITS = Object.fromEntries(
  Object.entries({ MILLIS: 1, MICROS: 1000, NANOS: 1_000_000 }).map(([name, units]) => {
    return [name, { units, whole: Math.floor(2 ** 32 / units), rest: 2 ** 32 % units }];
  }),
) as Readonly<Record<TimeUnit, { readonly units: number; readonly whole: number; readonly rest: number }>>;

/** Undefined if one of them is beyond the years that can be written so. */
export function isoWords(values: BigInt64Array, unit: TimeUnit): Words | undefined {
  const { units, whole, rest } = UNITS[unit];
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const bytes = Buffer.alloc(values.length * LENGTH);
  const [starts, ends] = [new Int32Array(values.length), new Int32Array(values.length)];
  let [lastDay, lastAt] = [Number.NaN, 0];
  for (let i = 0; i < values.length; i++) {
    const [low, high] = [halves[2 * i]! >>> 0, halves[2 * i + 1]!];
    // Rounded down, without a number of more than 53 bits.
    const ms = high * whole + Math.floor((high * rest + low) / units);
    const day = Math.floor(ms / DAY_MS);
    const at = i * LENGTH;
    if (day === lastDay) bytes.copyWithin(at, lastAt, lastAt + LENGTH);
    else {
      TEMPLATE.copy(bytes, at);
      if (!writeDate(bytes, at, day)) return undefined;
      [lastDay, lastAt] = [day, at];
    }
    writeClock(bytes, at, ms - day * DAY_MS);
    starts[i] = at;
    ends[i] = at + LENGTH;
  }
  return new Words(bytes, starts, ends);
}

/** By days since 1970 (Hinnant, "chrono-compatible low-level date algorithms"). False if the year has not four digits. */
function writeDate(bytes: Buffer, at: number, day: number): boolean {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year < YEARS.least || year > YEARS.most) return false;
  writeDigits(bytes, at, 4, year);
  writeDigits(bytes, at + 5, 2, month);
  writeDigits(bytes, at + 8, 2, ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1);
  return true;
}

function writeClock(bytes: Buffer, at: number, ms: number): void {
  writeDigits(bytes, at + 11, 2, Math.floor(ms / 3_600_000));
  writeDigits(bytes, at + 14, 2, Math.floor(ms / 60_000) % 60);
  writeDigits(bytes, at + 17, 2, Math.floor(ms / 1000) % 60);
  writeDigits(bytes, at + 20, 3, ms % 1000);
}

function writeDigits(bytes: Buffer, at: number, count: number, value: number): void {
  let left = value;
  for (let i = count - 1; i >= 0; i--) {
    bytes[at + i] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
}
