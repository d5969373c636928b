import { describe, expect, test } from '@jest/globals';
import { Builder } from '#engine/graph.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import {
  absoluteError,
  binaryCrossEntropy,
  crossEntropy,
  huberError,
  type Loss,
  softmaxCrossEntropy,
  squaredError,
} from '#engine/training/loss.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

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

describe('cross entropy with options', () => {
  const logits = random(3, [4, 3]);
  const targets = tensorFrom('int64', [4], [0, 2, 1, 2]);
  const weights = [1, 2, 0.5];

  /** Σ and weight by the formula, in plain numbers. */
  function reference(smoothing: number, ignored: number, weights: readonly number[]) {
    const x = toNumbers(logits);
    return toNumbers(targets).map((target, row) => {
      const scores = x.slice(row * 3, row * 3 + 3);
      const total = Math.log(scores.reduce((sum, z) => sum + Math.exp(z), 0));
      const logs = scores.map((z) => z - total);
      if (target === ignored) return { loss: 0, weight: 0 };
      const even = logs.reduce((sum, log, c) => sum - weights[c]! * log, 0) / 3;
      return { loss: (1 - smoothing) * weights[target]! * -logs[target]! + smoothing * even, weight: weights[target]! };
    });
  }

  async function expectRows(loss: Loss, wanted: ReturnType<typeof reference>) {
    const { l, w } = await evaluate([logits, targets], (b, [x, y]) => ({
      l: loss.perRow(b, x!, y!),
      w: loss.rowWeight!(b, x!, y!),
    }));
    for (const [row, { loss, weight }] of wanted.entries()) {
      expect(toNumbers(l!)[row]).toBeCloseTo(loss, 10);
      expect(toNumbers(w!)[row]).toBeCloseTo(weight, 10);
    }
    await checkGradients([logits, targets], (b, [x, y]) => loss.perRow(b, x!, y!));
  }

  test('weighs classes', async () => {
    await expectRows(crossEntropy({ classWeights: weights }), reference(0, -1, weights));
  });

  test('smooths labels, over the weights too, and ignores an index', async () => {
    const loss = crossEntropy({ classWeights: weights, labelSmoothing: 0.2, ignoreIndex: 2 });
    await expectRows(loss, reference(0.2, 2, weights));
    await expectRows(crossEntropy({ labelSmoothing: 0.3, ignoreIndex: 1 }), reference(0.3, 1, [1, 1, 1]));
  });

  test('ignores an index outside the classes', async () => {
    const outside = tensorFrom('int64', [2], [-100, 1]);
    const { l } = await evaluate([random(1, [2, 3]), outside], (b, [x, y]) => ({
      l: crossEntropy({ ignoreIndex: -100, labelSmoothing: 0.1 }).perRow(b, x!, y!),
    }));
    expect(toNumbers(l!)[0]).toBeCloseTo(0, 15);
    expect(toNumbers(l!)[1]).toBeGreaterThan(0.1);
  });

  test('refuses options out of range', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', 'float32', [2, 3]), b.input('y', 'int64', [2])];
    expect(() => crossEntropy({ labelSmoothing: 1 })).toThrow('label smoothing must be at least 0 and below 1; got 1');
    expect(() => crossEntropy({ classWeights: [1, 2] }).perRow(b, x, y)).toThrow(
      'class weights must be 3, one a class; got 2',
    );
  });
});

describe('losses of outputs', () => {
  const [x, y] = [tensorFrom('float64', [2, 2], [1, 2, 3, 4]), tensorFrom('float64', [2, 2], [1, 0, 0.5, 4.5])];
  const run = async (loss: Loss, target = y) =>
    toNumbers((await evaluate([x, target], (b, [x, y]) => ({ l: loss.perRow(b, x!, y!) }))).l!);

  test('absolute error is averaged over a row', async () => {
    expect(await run(absoluteError)).toEqual([1, 1.5]);
  });

  test('Huber error is square near and straight far', async () => {
    expect(await run(huberError(1))).toEqual([(0 + 1.5) / 2, (2 + 0.125) / 2]);
    expect(await run(huberError(2))).toEqual([(0 + 2) / 2, (3 + 0.125) / 2]);
    expect(() => huberError(0)).toThrow('huber_error delta must be greater than 0; got 0');
  });

  test('binary cross entropy takes logits of any size, and soft targets', async () => {
    const logits = tensorFrom('float64', [3, 1], [1000, -1000, 0.5]);
    const targets = tensorFrom('float64', [3, 1], [1, 1, 0.25]);
    const { l, right } = await evaluate([logits, targets], (b, [x, y]) => ({
      l: binaryCrossEntropy.perRow(b, x!, y!),
      right: binaryCrossEntropy.correct!(b, x!, y!),
    }));
    const p = 1 / (1 + Math.exp(-0.5));
    for (const [i, value] of [0, 1000, -0.25 * Math.log(p) - 0.75 * Math.log(1 - p)].entries())
      expect(toNumbers(l!)[i]).toBeCloseTo(value, 10);
    expect(toNumbers(right!)).toEqual([1, 0, 0]);
  });

  test('have gradients, and those have their own', async () => {
    for (const loss of [absoluteError, huberError(0.3), binaryCrossEntropy])
      await checkGradients([random(1, [3, 2]), random(2, [3, 2], 0, 1)], (b, [x, y]) => loss.perRow(b, x!, y!), {
        order: loss === binaryCrossEntropy ? 2 : 1,
      });
  });
});
