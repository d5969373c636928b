import { describe, expect, test } from '@jest/globals';
import { grad } from '#engine/grad.ts';
import { Builder, Graph, topological, type Value } from '#engine/graph.ts';
import { parseModel } from '#engine/onnx/proto.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { openSession } from '#engine/run.ts';
import { simplify } from '#engine/simplify.ts';
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

/** Inputs as `inputs` has them, but with other weights, and no initial states. */
const otherway = () => [2, 3, 4, 5].map((i) => inputs(4)[i - 1]!).map(({ shape }, i) => random(20 + i, shape));

describe('an lstm in both directions', () => {
  const given = () => [...inputs(4), ...otherway()];
  const directionsOf = (xs: readonly Value[]): ops.Direction[] => [
    { weights: weights(xs) },
    { weights: weights(xs.slice(6)), reverse: true, hidden: xs[5]!, cell: xs[6]! },
  ];
  const results = ['sequence', 'hidden', 'cell'] as const;

  test('is one in each, with weights and first states of its own, and gradients too', async () => {
    const all = await evaluate(given(), (b, xs) => {
      const said = (name: string, layers: ReturnType<typeof ops.lstm>[]) => {
        const whole = (result: (typeof results)[number]) =>
          ops.concat(
            b,
            layers.map((layer) => layer[result]),
            -1,
          );
        const sum = results
          .map((result) => ops.reduceSum(b, ops.sin(b, whole(result))))
          .reduce((total, one) => ops.add(b, total, one));
        const gradients = grad(b, sum, xs).map((gradient, i) => [`${name} ${i}`, gradient] as const);
        return Object.fromEntries([...results.map((result) => [`${name} ${result}`, whole(result)]), ...gradients]);
      };
      const directions = directionsOf(xs);
      return {
        ...said('both', [ops.lstm(b, xs[0]!, directions)]),
        ...said(
          'each',
          directions.map((direction) => ops.lstm(b, xs[0]!, [direction])),
        ),
      };
    });
    for (const name of [...results, ...given().keys()]) {
      const [both, each] = [all[`both ${name}`]!, all[`each ${name}`]!];
      expect(both.shape).toEqual(each.shape);
      for (const [i, value] of toNumbers(each).entries()) expect(toNumbers(both)[i]).toBeCloseTo(value, 12);
    }
  });

  test('has a gradient of its gradient', async () => {
    await checkGradients(given(), (b, xs) => {
      const { sequence, hidden, cell } = ops.lstm(b, xs[0]!, directionsOf(xs));
      return ops.add(b, ops.sin(b, sequence), ops.mul(b, hidden, cell));
    });
  });
});

/** The loops of a layer's gradient, and what lies outside of them, as they are written: the forward loop first. */
function written(directions: number, by: 'everything' | 'weights' | 'nothing', rows: number | string = BATCH) {
  const b = new Builder();
  const values = inputs(4).map(({ shape }, i) => b.input(`v${i}`, 'float32', shape));
  const x = b.input('x', 'float32', [STEPS, rows, FEATURES]);
  const ways = Array.from({ length: directions }, (_, d) => ({ weights: weights(values), reverse: d === 1 }));
  const { sequence } = ops.lstm(b, x, ways);
  const wanted = { everything: [x, ...values.slice(1, 5)], weights: values.slice(1, 5), nothing: [] }[by];
  const outputs = by === 'nothing' ? [sequence] : grad(b, ops.reduceSum(b, ops.sin(b, sequence)), wanted);
  const { graph } = parseModel(writeModel(simplify(new Graph('g', [x, ...values], outputs)), { producer: 'test' }));
  const bodies = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => g ?? []));
  return bodies.map(({ node }) => node.map(({ opType }) => opType));
}

describe('the loops of an lstm', () => {
  test.each([
    // One direction needs no concatenation of inputs, no parting of what was said, but a copy of it.
    [1, 'nothing', [13]],
    [1, 'weights', [23, 10]],
    [1, 'everything', [23, 11]],
    [2, 'nothing', [14]],
    [2, 'weights', [24, 11]],
    [2, 'everything', [24, 13]],
  ] as const)('of %d directions, with the gradient by %s, have %j operations', (directions, by, counts) => {
    expect(written(directions, by).map((body) => body.length)).toEqual(counts);
  });

  test('make one product each way, of all directions', () => {
    for (const body of written(2, 'everything')) expect(body.filter((op) => op === 'MatMul')).toHaveLength(1);
  });

  test('compute nothing of the forward step again where the derived gradient is used', () => {
    const [forward, backward] = written(2, 'everything', 'rows');
    expect(forward).toEqual(expect.arrayContaining(['Sigmoid', 'Tanh']));
    expect(backward!.filter((op) => ['Sigmoid', 'Tanh'].includes(op))).toEqual([]);
    // By the weights and by what they multiply.
    expect(backward!.filter((op) => op === 'MatMul')).toHaveLength(2);
  });

  test('meet without a transposition between layers, forward or backward', () => {
    const count = (layers: number) => {
      const b = new Builder();
      const [x, w, h, c] = [[STEPS, BATCH, 4], [4, 8], [2, 8], [8]].map((shape, i) =>
        b.input(`v${i}`, 'float32', shape),
      );
      const way = { weights: { input: w!, hidden: h!, inputBias: c! } };
      let y = x!;
      for (let i = 0; i < layers; i++) y = ops.lstm(b, y, [way, { ...way, reverse: true }]).sequence;
      const graph = new Graph('g', [x!, w!, h!, c!], grad(b, ops.reduceSum(b, ops.sin(b, y)), [x!]));
      const nodes = topological(simplify(graph).outputs);
      // Weights are matrices of three axes too, but have no steps.
      return nodes.filter(({ op, inputs }) => op.name === 'Transpose' && inputs[0]!.type.shape[0] === STEPS).length;
    };
    expect([count(1), count(2), count(3)]).toEqual([4, 4, 4]);
  });
});

describe('the gradient of an lstm by hand', () => {
  test.each(['sequence', 'hidden', 'cell'] as const)('is right if only the %s is read', async (result) => {
    await checkGradients(inputs(4), (b, xs) => {
      const results = ops.lstm(b, xs[0]!, [{ weights: weights(xs), hidden: xs[5]!, cell: xs[6]! }]);
      return ops.sin(b, results[result]);
    });
  });

  test.each([
    ['a product for each step', 1, 2, 4],
    ['one product of all steps', 1, 3, 3],
    ['a product for each step', 2, 3, 4],
  ])('takes the weights’ from %s, for a batch of %d and %d features', async (_, rows, features, axes) => {
    const units = 1;
    const shapes = [[STEPS, rows, features], [features, 4 * units], [units, 4 * units], [4 * units]];
    const layer = (b: Builder, [x, input, hidden, inputBias]: readonly Value[]) => {
      const weights = { input: input!, hidden: hidden!, inputBias: inputBias! };
      return ops.lstm(b, x!, [{ weights }, { weights, reverse: true }]).sequence;
    };
    await checkGradients(
      shapes.map((shape, i) => random(30 + i, shape)),
      layer,
    );
    const b = new Builder();
    const values = shapes.map((shape, i) => b.input(`v${i}`, 'float64', shape));
    const nodes = topological(grad(b, ops.reduceSum(b, ops.sin(b, layer(b, values))), values.slice(1, 2)));
    const products = nodes.filter(({ op }) => op.name === 'MatMul');
    expect(products.map(({ inputs }) => inputs[0]!.type.shape.length)).toEqual([axes]);
  });

  test('is what the derived one is, which is used where the number of rows is not known', async () => {
    const gradients = async (rows: number | string) => {
      const b = new Builder();
      const given = inputs(4, 'float32').slice(0, 5);
      const shapes = given.map(({ shape }, i): Shape => (i === 0 ? [STEPS, rows, FEATURES] : shape));
      const values = shapes.map((shape, i) => b.input(`v${i}`, 'float32', shape));
      const ways = [false, true].map((reverse) => ({ weights: weights(values), reverse }));
      const { sequence, hidden, cell } = ops.lstm(b, values[0]!, ways);
      const terms = [sequence, hidden, cell].map((value) => ops.reduceSum(b, ops.sin(b, value)));
      const graph = new Graph(
        'gradients',
        values,
        grad(
          b,
          terms.reduce((sum, term) => ops.add(b, sum, term)),
          values,
        ),
      );
      await using session = await openSession(writeModel(graph, { producer: 'test' }), { threads: 1 });
      const results = await session.run(Object.fromEntries(given.map((t, i) => [`v${i}`, t])));
      return session.outputNames.flatMap((name) => toNumbers(results[name]!));
    };
    const [known, unknown] = [await gradients(BATCH), await gradients('rows')];
    expect(known).toHaveLength(unknown.length);
    for (const [i, value] of unknown.entries()) expect(known[i]).toBeCloseTo(value, 5);
  });
});

test('weights that do not fit are refused with all shapes, and so is a layer without directions', () => {
  const b = new Builder();
  const v = (shape: (number | string)[]) => b.input('v', 'float32', shape);
  const w = { input: v([3, 8]), hidden: v([2, 6]), inputBias: v([8]) };
  expect(() => ops.lstm(b, v([4, 1, 3]), [{ weights: w }])).toThrow(
    /a layer of 4 gates wants .*; got \[4, 1, 3\], \[3, 8\], \[2, 6\]/,
  );
  const fit = { input: v([3, 8]), hidden: v([2, 8]), inputBias: v([8]) };
  expect(() => ops.lstm(b, v([4, 1, 3]), [{ weights: fit }, { weights: w }])).toThrow(/got .*, \[2, 6\]/);
  expect(() => ops.lstm(b, v([4, 1, 2]), [{ weights: fit }])).toThrow(/got \[4, 1, 2\], \[3, 8\]/);
  expect(() => ops.lstm(b, v([1, 3]), [{ weights: fit }])).toThrow(/got \[1, 3\]/);
  expect(() => ops.lstm(b, v([4, 1, 3]), [])).toThrow('a layer wants at least one direction; got none');
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
