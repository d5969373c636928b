import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Sample } from '#learning/metrics/sample.ts';

/** Of rows whose truth is their number, and whose numbers say both. */
function sampleOf(rows: number, width: number, numbers: number): Sample {
  const sample = new Sample(width, rows, numbers);
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: width }, (_, i) => row + i / 10);
    sample.add(row, [-1, ...values], 1);
  }
  return sample;
}

test('has as many rows as there is room for, each at most once and in their order', () => {
  const upTo = (max: number) => fc.integer({ min: 1, max });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 900 }), upTo(3), upTo(900), (rows, width, numbers) => {
      const sample = sampleOf(rows, width, numbers);
      const held = Math.min(rows, Math.max(1, Math.floor(numbers / width)));
      expect(sample.rows).toBe(held);
      expect(sample.sampled).toEqual(held < rows ? { sampled: held } : {});
      const truths = Array.from(sample.truths);
      expect(truths).toEqual([...new Set(truths)].sort((a, b) => a - b));
      expect(truths.every((row) => row < rows)).toBe(true);
      expect(Array.from(sample.values)).toEqual(
        truths.flatMap((row) => Array.from({ length: width }, (_, i) => row + i / 10)),
      );
    }),
  );
});

test('takes its rows from everywhere, and not every so many', () => {
  const [rows, held] = [100_000, 20_000];
  const { truths } = sampleOf(rows, 1, held);
  for (let tenth = 0; tenth < 10; tenth++) {
    const ofTenth = truths.filter((row) => Math.floor((row * 10) / rows) === tenth).length;
    // Five standard deviations, about.
    expect(Math.abs(ofTenth - held / 10)).toBeLessThan(200);
  }
  const steps = new Set(truths.slice(1).map((row, i) => row - truths[i]!));
  expect(steps.size).toBeGreaterThan(20);
});
