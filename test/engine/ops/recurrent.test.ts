import { describe, expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Node, topological, type Value } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { type Tensor, toNumbers } from '#engine/tensor.ts';
import type { Shape } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';

const [STEPS, BATCH, FEATURES, UNITS] = [4, 2, 3, 2];

function inputs(gates: number, dtype: 'float32' | 'float64' = 'float64'): Tensor[] {
  const draw = (seed: number, shape: number[]) => random(seed, shape, -1, 1, dtype);
  return [
    draw(1, [STEPS, BATCH, FEATURES]),
    draw(2, [FEATURES, gates * UNITS]),
    draw(3, [UNITS, gates * UNITS]),
    draw(4, [gates * UNITS]),
    draw(5, [gates * UNITS]),
    draw(6, [BATCH, UNITS]),
    draw(7, [BATCH, UNITS]),
  ];
}

const weights = ([, input, hidden, inputBias, hiddenBias]: readonly Value[]) => ({
  input: input!,
  hidden: hidden!,
  inputBias: inputBias!,
  hiddenBias: hiddenBias!,
});

const layers = {
  lstm: { gates: 4, apply: ops.lstm },
  gru: { gates: 3, apply: ops.gru },
} as const;

describe.each(Object.entries(layers))('%s', (name, { gates, apply }) => {
  test.each([false, true])('is what the runtime’s own kernel computes (reverse: %s)', async (reverse) => {
    const given = inputs(gates, 'float32');
    const results = await evaluate(given, (b, xs) => {
      const { sequence, hidden } = apply(b, xs[0]!, [{ weights: weights(xs), reverse, hidden: xs[5]!, cell: xs[6]! }]);
      return { sequence, hidden };
    });
    const native = await runNative(name.toUpperCase(), given, reverse);
    for (const [i, value] of toNumbers(native[0]!).entries())
      expect(toNumbers(results.sequence!)[i]).toBeCloseTo(value, 5);
    for (const [i, value] of toNumbers(native[1]!).entries())
      expect(toNumbers(results.hidden!)[i]).toBeCloseTo(value, 5);
  });

  test.each([false, true])('has a gradient by everything, and that has its own (reverse: %s)', async (reverse) => {
    await checkGradients(inputs(gates), (b, xs) => {
      const { sequence, hidden } = apply(b, xs[0]!, [{ weights: weights(xs), reverse, hidden: xs[5]!, cell: xs[6]! }]);
      return ops.add(b, ops.sin(b, sequence), hidden);
    });
  });

  test('runs in both directions', async () => {
    const { both, forward, backward } = await evaluate(inputs(gates), (b, xs) => {
      const direction = (reverse: boolean) => ({ weights: weights(xs), reverse });
      const layer = (...ways: boolean[]) => apply(b, xs[0]!, ways.map(direction)).sequence;
      return { both: layer(false, true), forward: layer(false), backward: layer(true) };
    });
    expect(both!.shape).toEqual([STEPS, BATCH, 2 * UNITS]);
    for (let row = 0; row < STEPS * BATCH; row++)
      expect(toNumbers(both!).slice(row * 2 * UNITS, (row + 1) * 2 * UNITS)).toEqual([
        ...toNumbers(forward!).slice(row * UNITS, (row + 1) * UNITS),
        ...toNumbers(backward!).slice(row * UNITS, (row + 1) * UNITS),
      ]);
  });
});

describe('the gradient of an lstm by hand', () => {
  const network = (rows: number | string) => {
    const b = new Builder();
    const input = (name: string, shape: Shape) => b.input(name, 'float32', shape);
    const values = [
      input('x', [STEPS, rows, FEATURES]),
      input('input', [FEATURES, 4 * UNITS]),
      input('hidden', [UNITS, 4 * UNITS]),
      input('inputBias', [4 * UNITS]),
      input('hiddenBias', [4 * UNITS]),
    ];
    return { b, values };
  };

  test('has eleven operations a step', () => {
    const { b, values } = network(BATCH);
    const { sequence } = ops.lstm(b, values[0]!, [{ weights: weights(values) }]);
    const nodes = topological(grad(b, ops.reduceSum(b, sequence), values));
    const [backward] = nodes.filter((node): node is Node<ops.ScanAttrs> => node.op.name === 'Scan').slice(-1);
    expect(topological(backward!.attrs.body.outputs)).toHaveLength(11);
  });

  test.each(['sequence', 'hidden', 'cell'] as const)('is right if only the %s is read', async (result) => {
    await checkGradients(inputs(4), (b, xs) => {
      const results = ops.lstm(b, xs[0]!, [{ weights: weights(xs), hidden: xs[5]!, cell: xs[6]! }]);
      return ops.sin(b, results[result]);
    });
  });

  test('is what the derived one is, which is used where the number of rows is not known', async () => {
    const gradients = async (rows: number | string) => {
      const { b, values } = network(rows);
      const { sequence, cell } = ops.lstm(b, values[0]!, [{ weights: weights(values) }]);
      const said = ops.add(b, ops.reduceSum(b, ops.sin(b, sequence)), ops.reduceSum(b, cell));
      const graph = new Graph('gradients', values, grad(b, said, values));
      await using session = await openSession(writeModel(graph, { producer: 'test' }), { threads: 1 });
      const given = inputs(4, 'float32');
      const results = await session.run(Object.fromEntries(values.map((_, i) => [session.inputNames[i]!, given[i]!])));
      return session.outputNames.flatMap((name) => toNumbers(results[name]!));
    };
    const [known, unknown] = [await gradients(BATCH), await gradients('rows')];
    for (const [i, value] of unknown.entries()) expect(known[i]).toBeCloseTo(value, 5);
  });
});

test('weights that do not fit are refused with all shapes', () => {
  const b = new Builder();
  const v = (shape: (number | string)[]) => b.input('v', 'float32', shape);
  const w = { input: v([3, 8]), hidden: v([2, 6]), inputBias: v([8]) };
  expect(() => ops.lstm(b, v([4, 1, 3]), [{ weights: w }])).toThrow(
    /a layer of 4 gates wants .*; got \[4, 1, 3\], \[3, 8\], \[2, 6\]/,
  );
  const rows = ops.gru(b, v([4, 'rows', 3]), [{ weights: { input: v([3, 6]), hidden: v([2, 6]), inputBias: v([6]) } }]);
  expect(rows.sequence.type.shape).toEqual([4, 'rows', 2]);
});

/** The layer as the one ONNX node that exists for it, [sequence, hidden]. */
async function runNative(opType: string, given: readonly Tensor[], reverse: boolean): Promise<Tensor[]> {
  const b = new Builder();
  const values = given.map((t, i) => b.input(`x${i}`, t.dtype, t.shape));
  const [x, w, r, bw, br, h, c] = values as [Value, Value, Value, Value, Value, Value, Value];
  const sequence = { dtype: 'float32', shape: [STEPS, 1, BATCH, UNITS] } as const;
  const op = {
    name: opType,
    infer: () => [sequence, { dtype: 'float32', shape: [1, BATCH, UNITS] } as const],
    vjp: { gradient: 'zero' } as const,
    emit: (...[writer, n]: Parameters<NonNullable<typeof ops.matMul.op.emit>>) => {
      const names = n.inputs.map((input) => writer.name(input));
      const bias = names.pop()!;
      const inputs = [names[0]!, names[1]!, names[2]!, bias, '', ...names.slice(3)];
      const attributes = {
        hidden_size: { int: UNITS },
        direction: { string: reverse ? 'reverse' : 'forward' },
        ...(opType === 'GRU' ? { linear_before_reset: { int: 1 } } : {}),
      };
      writer.node(
        opType,
        inputs,
        n.outputs.map((output) => writer.name(output)),
        { attributes },
      );
    },
  };
  const direction = (value: Value) => ops.unsqueeze(b, value, [0]);
  const states = opType === 'LSTM' ? [h, c] : [h];
  const bias = direction(ops.concat(b, [bw, br], 0));
  const kernels = [x, direction(ops.transpose(b, w)), direction(ops.transpose(b, r)), ...states.map(direction), bias];
  const outputs = b.apply(op, kernels, undefined);
  const graph = new Graph('native', values, outputs);
  await using session = await openSession(writeModel(graph, { producer: 'test' }), { threads: 1 });
  const results = await session.run(Object.fromEntries(given.map((t, i) => [`x${i}`, t])));
  return session.outputNames.map((name) => results[name]!);
}
