import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseNumber } from '#learning/values/number.ts';
import { type PlainNumber, readPlainNumber } from '#learning/values/plain-number.ts';

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 9 });
const cells = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('', '-'), digits, fc.constantFrom('', '.'), digits)
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789.-+e,/: '), maxLength: 18 }) },
);

test('a number that is read from its bytes is the one that its text is', () => {
  const number: PlainNumber = { value: 0, withComma: 0, hasPoint: false, leadingZero: false };
  let read = 0;
  fc.assert(
    fc.property(cells, fc.nat(5), (cell, before) => {
      const bytes = Buffer.from(`${'7'.repeat(before)}${cell}7`);
      const isPlain = readPlainNumber(bytes, before, before + cell.length, number);
      const count = cell.replaceAll(/\D/g, '').length;
      expect(isPlain).toBe(/^-?\d*\.?\d*$/.test(cell) && count > 0 && count <= 15);
      if (!isPlain) return;
      read++;
      expect([number.value, number.withComma].map((value) => value + 0)).toEqual(
        [parseNumber(cell, '.'), parseNumber(cell, ',')].map((value) => value + 0),
      );
      expect(number.hasPoint).toBe(cell.includes('.'));
      expect(number.leadingZero).toBe(/^0\d+$/.test(cell));
    }),
    { seed: 2026, numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(1500);
});
