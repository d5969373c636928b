import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../../bench/api/load/load.ts';
import { percentile, rateOf, summarize, total } from '../../../bench/api/load/statistics.ts';

const outcome = (latencies: readonly number[], errors: Record<string, number>, busy: number): Outcome => ({
  seconds: 2,
  busy,
  kinds: { list: { latencies: Float64Array.from(latencies), errors } },
});

describe('percentiles', () => {
  test('are values that occurred', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([50, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 99, 100]);
    expect(percentile([7], 99)).toBe(7);
  });

  test('are null where there are no values', () => {
    expect(percentile([], 50)).toBeNull();
  });
});

describe('outcomes', () => {
  test('count as a rate what succeeded', () => {
    expect(rateOf(outcome([1, 2, 3], { 429: 10 }, 0))).toBe(1.5);
  });

  test('are put together: latencies of all, errors by status, the busiest generator', () => {
    const found = summarize([outcome([30, 10], { 429: 2 }, 0.1), outcome([20], { 429: 1, ECONNRESET: 1 }, 0.4)]);
    expect(found).toEqual({
      answered: 3,
      kinds: { list: { p50: 20, p99: 30 } },
      errors: { 429: 3, ECONNRESET: 1 },
      busy: 0.4,
    });
    expect(total(found.errors)).toBe(4);
  });
});
