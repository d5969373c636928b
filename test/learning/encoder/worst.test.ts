import { expect, test } from '@jest/globals';
import { worstOf } from '#learning/encoder/worst.ts';

const found = {
  probabilities: Float32Array.of(0.25, 0.75, 0.875, 0.125, 0.5, 0.5, 0.125, 0.875),
  truths: Int32Array.of(1, 0, 1, 0),
};

test('of a text, the piece that is most like an attack counts', () => {
  const rule = { labels: ['attack', 'benign'], benignLabel: 'benign' };
  expect(worstOf(found, Int32Array.of(0, 1, 0, 1), rule)).toEqual({
    probabilities: Float32Array.of(0.5, 0.5, 0.875, 0.125),
    truths: Int32Array.of(1, 0),
  });
});

test('without a label for harmless texts, the piece that is told most surely counts', () => {
  expect(worstOf(found, Int32Array.of(0, 1, 0, 1), { labels: ['a', 'b'], benignLabel: 'c' }).probabilities).toEqual(
    Float32Array.of(0.25, 0.75, 0.875, 0.125),
  );
});
