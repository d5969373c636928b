import { describe, expect, test } from '@jest/globals';
import { Builder } from '#engine/graph.ts';
import { softmaxCrossEntropy, squaredError } from '#engine/loss.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from './harness.ts';

describe('softmax cross entropy', () => {
  const logits = tensorFrom('float64', [3, 2], [2, 0, 0, 0, 100, -1000]);
  const targets = tensorFrom('int64', [3], [0, 1, 1]);

  test('is the negative logarithm of the probability of the target, finite for any logits', async () => {
    const { loss, right } = await evaluate([logits, targets], (b, [x, y]) => ({
      loss: softmaxCrossEntropy.perRow(b, x!, y!),
      right: softmaxCrossEntropy.correct!(b, x!, y!),
    }));
    const wanted = [Math.log(1 + Math.exp(-2)), Math.log(2), 1100];
    for (const [i, value] of toNumbers(loss!).entries()) expect(value).toBeCloseTo(wanted[i]!, 10);
    expect(toNumbers(right!)).toEqual([1, 0, 0]);
  });

  test('has a gradient, and that has its own', async () => {
    await checkGradients([random(1, [3, 2]), targets], (b, [x, y]) => softmaxCrossEntropy.perRow(b, x!, y!));
  });

  test('refuses targets that are no classes and logits without a known number of classes', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 3]);
    const message = 'wants int64[rows] targets for logits float32[rows, 3]; got float32[rows]';
    expect(() => softmaxCrossEntropy.perRow(b, x, b.input('y', 'float32', ['rows']))).toThrow(message);
    const loose = b.input('z', 'float32', ['rows', 'k']);
    expect(() => softmaxCrossEntropy.perRow(b, loose, b.input('y', 'int64', ['rows']))).toThrow(
      'wants logits [rows, classes]',
    );
  });
});

describe('squared error', () => {
  test('is averaged over the outputs of a row', async () => {
    const [x, y] = [tensorFrom('float32', [2, 2], [1, 2, 3, 4]), tensorFrom('float32', [2, 2], [1, 0, 0, 0])];
    const { loss } = await evaluate([x, y], (b, [x, y]) => ({ loss: squaredError.perRow(b, x!, y!) }));
    expect(toNumbers(loss!)).toEqual([2, 12.5]);
  });

  test('has a gradient, and that has its own', async () => {
    await checkGradients([random(1, [3, 2]), random(2, [3, 2])], (b, [x, y]) => squaredError.perRow(b, x!, y!));
  });

  test('refuses targets that would broadcast', () => {
    const b = new Builder();
    const outputs = b.input('x', 'float32', ['rows', 1]);
    expect(() => squaredError.perRow(b, outputs, b.input('y', 'float32', ['rows']))).toThrow(
      'squared_error wants targets float32[rows, 1], like the outputs; got float32[rows]',
    );
  });
});
