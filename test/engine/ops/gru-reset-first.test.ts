import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import type { TensorProto } from '#engine/onnx/proto.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { expectSame } from '../onnx/both-ways.ts';
import { fileOf } from '../onnx/files.ts';

const [STEPS, BATCH, FEATURES, UNITS] = [4, 2, 3, 2];

const float = (seed: number, shape: number[]) => random(seed, shape, -1, 1, 'float32');

describe('a GRU whose reset gate comes before the product', () => {
  test.each([
    ['forward', 1, ['w', 'r']],
    ['reverse', 1, ['w', 'r', 'bias']],
    ['bidirectional', 2, ['w', 'r', 'bias', 'initial']],
  ])('is what the runtime’s own kernel computes (%s)', async (direction, count, names) => {
    const shapes: Readonly<Record<string, number[]>> = {
      w: [count, 3 * UNITS, FEATURES],
      r: [count, 3 * UNITS, UNITS],
      bias: [count, 6 * UNITS],
      initial: [count, BATCH, UNITS],
    };
    const weights = names.map(
      (name, i): TensorProto => ({
        name,
        dims: shapes[name]!,
        dataType: 1,
        floatData: toNumbers(float(i + 2, shapes[name]!)),
      }),
    );
    const lengths: TensorProto = { name: '', dims: [], dataType: 1 };
    const given = names.includes('initial') ? weights.toSpliced(3, 0, lengths) : weights;
    const x = float(1, [STEPS, BATCH, FEATURES]);
    const bytes = fileOf('GRU', x, given, { hidden_size: { int: UNITS }, direction: { string: direction } });
    await expectSame(bytes, { x });
  });

  const inputs = (...more: Tensor[]): Tensor[] => [
    random(1, [STEPS, BATCH, FEATURES]),
    random(2, [FEATURES, 3 * UNITS]),
    random(3, [UNITS, 3 * UNITS]),
    random(4, [3 * UNITS]),
    ...more,
  ];

  test.each([false, true])('has a gradient by everything, and that has its own (reverse: %s)', async (reverse) => {
    const all = inputs(random(5, [3 * UNITS]), random(6, [BATCH, UNITS]));
    await checkGradients(all, (b, [x, input, recurrent, inputBias, hiddenBias, initial]) => {
      const weights = { input: input!, hidden: recurrent!, inputBias: inputBias!, hiddenBias: hiddenBias! };
      const { sequence, hidden } = ops.gruResetFirst(b, x!, [{ weights, reverse, hidden: initial! }]);
      return ops.add(b, ops.sin(b, sequence), hidden);
    });
  });

  test('is the one that has it after the product where nothing is reset', async () => {
    // A reset gate of 1: its bias is far beyond all else.
    const open = tensorFrom('float64', [3 * UNITS], [0.1, 0.2, 40, 40, 0.3, 0.4]);
    const { first, after } = await evaluate([...inputs().slice(0, 3), open], (b, [x, input, hidden, inputBias]) => {
      const ways = [false, true].map((reverse) => ({
        weights: { input: input!, hidden: hidden!, inputBias: inputBias! },
        reverse,
      }));
      return { first: ops.gruResetFirst(b, x!, ways).sequence, after: ops.gru(b, x!, ways).sequence };
    });
    for (const [i, value] of toNumbers(after!).entries()) expect(toNumbers(first!)[i]).toBeCloseTo(value, 12);
  });

  test.each([STEPS, 1])('takes %i steps of a batch whose size is known only when the graph runs', async (steps) => {
    const b = new Builder();
    const x = b.input('x', 'float32', [steps, 'rows', FEATURES]);
    const [input, hidden, inputBias] = [[FEATURES, 3 * UNITS], [UNITS, 3 * UNITS], [3 * UNITS]].map((shape, i) =>
      b.constant(float(i, shape)),
    );
    const weights = { input: input!, hidden: hidden!, inputBias: inputBias! };
    const y = ops.gruResetFirst(b, x, [{ weights }]).sequence;
    expect(y.type.shape).toEqual([steps, 'rows', UNITS]);
    await using session = await openSession(writeModel(new Graph('g', [x], { y }), { producer: 'test' }));
    expect((await session.run({ x: float(1, [steps, 5, FEATURES]) })).y!.shape).toEqual([steps, 5, UNITS]);
  });
});
