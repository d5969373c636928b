import { expect, test } from '@jest/globals';
import { Level } from '#learning/profile/level.ts';

const numbers = Float64Array.of(1, 2, 3, 4, 5, 6);

test('a level takes every other number, behind those that it has', () => {
  const level = new Level(Float64Array.of(9));
  level.addHalf(numbers, 6, 0);
  level.addHalf(numbers, 5, 1);
  expect([...level.numbers]).toEqual([9, 1, 3, 5, 2, 4]);
});

test.each([
  [[], [], []],
  [[7], [], [7]],
  [[7, 8], [7, 8], []],
  [[7, 8, 9], [7, 8], [9]],
])('of %j, the pairs are %j, and %j stays', (of, pairs, rest) => {
  const level = new Level(Float64Array.from(of));
  expect([...level.takePairs()].toSorted()).toEqual(pairs);
  expect([...level.numbers]).toEqual(rest);
  level.addHalf(numbers, 2, 1);
  expect([...level.numbers]).toEqual([...rest, 2]);
});

test('a level leaves alone what it was made of', () => {
  const stored = Float64Array.of(1, 2, 3);
  const level = new Level(stored);
  level.takePairs().fill(0);
  expect([...stored]).toEqual([1, 2, 3]);
});
