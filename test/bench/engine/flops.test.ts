import { expect, test } from '@jest/globals';
import { flopsOfStep } from '../../../bench/engine/flops.ts';
import { convolutional, lstm, perceptron } from '../../../bench/engine/models/small.ts';
import { specOf } from '../../../bench/engine/spec.ts';

/** Additions and multiplications of a product [m, k] · [k, n]. */
const product = (m: number, k: number, n: number) => 2 * m * k * n;

test('a perceptron’s step is its products, by the weights and by all inputs but the data', () => {
  const [first, second] = [product(64, 784, 256), product(64, 256, 10)];
  expect(flopsOfStep(specOf(perceptron))).toBe(2 * first + 3 * second);
});

test('a convolution counts its kernel at each of its outputs', () => {
  const first = product(64 * 32 * 32, 27, 32);
  const second = product(64 * 16 * 16, 288, 64);
  // By its input, the second is spread over two more rows and columns, which do not count.
  expect(flopsOfStep(specOf(convolutional))).toBe(2 * first + 3 * second + 3 * product(64, 4096, 10));
});

test('what lies in loops counts as often as they go round', () => {
  // Both directions multiply the state, the inputs and a one for the bias; by data no gradient is asked for.
  const layer = (features: number, by: number) =>
    2 * 50 * (2 * product(64, 64 + features + 1, 256) + product(64, by, 256));
  expect(flopsOfStep(specOf(lstm))).toBe(layer(32, 64) + layer(128, 64 + 128) + 3 * product(64, 128, 10));
});
