import { describe, expect, test } from '@jest/globals';
import { alternate, inTurn } from '../../bench/bench.ts';

/** Returns the numbers one after the other, and says who was called. */
function side(name: string, numbers: readonly number[], calls: string[]) {
  const rest = numbers.values();
  return async () => {
    calls.push(name);
    return rest.next().value ?? Number.NaN;
  };
}

describe('sides of a measurement', () => {
  test('take turns, and the first turn does not count', async () => {
    const calls: string[] = [];
    const found = await inTurn(
      { times: 3 },
      { a: side('a', [99, 4, 1, 2], calls), b: side('b', [99, 5, 5, 5], calls), absent: undefined },
    );
    expect(calls.join('')).toBe('abababab');
    expect(found).toEqual({ a: { median: 2, spread: 1.5 }, b: { median: 5, spread: 0 } });
  });

  test('are measured three times however long that takes, and no more after that', async () => {
    const calls: string[] = [];
    await inTurn({ times: 9, seconds: 0 }, { a: side('a', new Array(10).fill(1), calls) });
    expect(calls).toHaveLength(1 + 3);
  });

  test('may be one alone', async () => {
    const calls: string[] = [];
    expect(await alternate(2, side('a', [99, 1, 3], calls), null)).toEqual({ ours: 2, peer: null, spread: 1 });
  });
});
