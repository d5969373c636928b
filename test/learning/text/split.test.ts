import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type SplitSpec, splitTexts } from '#learning/text/split.ts';

const LABELS = ['jailbreak', 'benign'];
const spec = (rows: readonly (readonly [number, string | undefined])[], more: Partial<SplitSpec> = {}): SplitSpec => ({
  labels: LABELS,
  codes: Int32Array.from(rows, ([code]) => code),
  sources: rows.map(([, source]) => source),
  fraction: 0.2,
  seed: 0,
  ...more,
});

/** Ten sources, each with rows of both labels. */
const TEN = Array.from({ length: 100 }, (_, i) => [i % 2, `source ${Math.floor(i / 10)}`] as const);

describe('a split of texts', () => {
  test('keeps back whole sources, for about the share that was asked for', () => {
    const { training, validation, by } = splitTexts(spec(TEN));
    expect([by, training.length, validation.length]).toEqual(['source', 80, 20]);
    const of = (rows: Int32Array) => new Set(Array.from(rows, (row) => TEN[row]![1]));
    expect(of(training).intersection(of(validation)).size).toBe(0);
  });

  test('depends on the seed, and on nothing else', () => {
    const kept = (seed: number) => [...splitTexts(spec(TEN, { seed })).validation];
    expect(kept(1)).toEqual(kept(1));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => kept(seed).join())).size).toBeGreaterThan(1);
  });

  test('never takes the last rows of a label from what is learned from', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('a', 'b', 'c', undefined)), {
      minLength: 4,
      maxLength: 60,
    });
    fc.assert(
      fc.property(rows, fc.constantFrom(0.1, 0.2, 0.9), (given, fraction) => {
        const { training, validation } = splitTexts(spec(given, { fraction }));
        const labelsOf = (which: Iterable<number>) => new Set(Array.from(which, (row) => given[row]![0]));
        expect(labelsOf(training)).toEqual(labelsOf(given.keys()));
        expect([...training, ...validation].toSorted((a, b) => a - b)).toEqual([...given.keys()]);
      }),
    );
  });

  test('is by rows where one has no source, where there is one source, or nothing is to be kept back', () => {
    const [[code], ...rest] = TEN as [readonly [number, string], ...(readonly [number, string])[]];
    expect(splitTexts(spec([[code, undefined], ...rest]))).toMatchObject({ by: 'row', validation: { length: 20 } });
    expect(splitTexts(spec(TEN.map(([of]) => [of, 'one'] as const))).by).toBe('row');
    expect(splitTexts(spec(TEN, { fraction: 0 }))).toMatchObject({ by: 'row', validation: { length: 0 } });
  });
});
