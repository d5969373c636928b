import { describe, expect, test } from '@jest/globals';
import { chooser } from '../../../bench/api/load/mix.ts';

const kinds = [
  { name: 'rare', weight: 5 },
  { name: 'often', weight: 95 },
];

const chosen = (seed: number, count: number): string[] => {
  const choose = chooser(kinds, seed);
  return Array.from({ length: count }, () => choose().name);
};

describe('a mix of requests', () => {
  test('has each kind as often as its weight says', () => {
    const rare = chosen(1, 10_000).filter((name) => name === 'rare').length;
    expect(rare).toBeGreaterThan(400);
    expect(rare).toBeLessThan(600);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(chosen(1, 100)).toEqual(chosen(1, 100));
    expect(chosen(1, 100)).not.toEqual(chosen(2, 100));
  });
});
