import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readIsoTime } from '#learning/values/iso-time.ts';
import { parseTime } from '#learning/values/time.ts';

const read = (text: string): number => {
  const bytes = Buffer.from(`x${text}x`);
  return readIsoTime(bytes, 1, bytes.length - 1);
};

test.each([
  ['2024-05-31', Date.UTC(2024, 4, 31)],
  ['2024-02-29 23:59:59', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ['1969-12-31T00:00:00Z', Date.UTC(1969, 11, 31)],
  ['2000-01-01T01:02:03.4567Z', Date.UTC(2000, 0, 1, 1, 2, 3, 456)],
])('%s is read from its bytes', (text, time) => {
  expect(read(text)).toBe(time);
});

test.each([
  '2023-02-29',
  '1900-02-29',
  '2024-13-01',
  '2024-00-10',
  '2024-01-01T24:00:00',
  '2024-01-01T00:60:00',
  '0024-01-01',
])('%s is left to those who know more', (text) => {
  expect(read(text)).toBeNaN();
});

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const digits = (count: number) => fc.array(digit, { minLength: count, maxLength: count }).map((all) => all.join(''));
const times = fc
  .tuple(
    digits(4),
    fc.constantFrom('-', '/'),
    fc.constantFrom('01', '02', '06', '12', '13', '00', '1'),
    fc.constantFrom('01', '28', '29', '30', '31', '32', '00'),
    fc.constantFrom('', ' ', 'T', '  ', 'x'),
    fc.constantFrom('', '07:30:59', '23:59:59', '24:00:00', '00:60:00', '7:30', '12:00:00.5', '12:00:00.123456789'),
    fc.constantFrom('', 'Z', 'z', '+02:00', ' UTC', '.'),
  )
  .map(
    ([year, mark, month, day, between, clock, zone]) => `${year}${mark}${month}${mark}${day}${between}${clock}${zone}`,
  );

test('what is read from bytes is what is read from text', () => {
  fc.assert(
    fc.property(times, (text) => {
      const time = read(text);
      if (!Number.isNaN(time)) expect([text, time]).toEqual([text, parseTime(text)]);
    }),
    { seed: 2026, numRuns: 3000 },
  );
});
