import { describe, expect, test } from '@jest/globals';
import { Builder, Graph, topological, type Value } from '#engine/graph.ts';
import { recomputed } from '#engine/memory/recompute.ts';
import { writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { autocast } from '#engine/precision/autocast.ts';
import { openSession } from '#engine/run.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { formatType, type HalfType } from '#engine/type.ts';

type Build = (b: Builder, x: Value, w: Value) => Value;

interface Options {
  readonly dtype?: HalfType;
  readonly emulated?: boolean;
}

/** A function of data x [2, 3] and weights w [3, 3] under half precision. */
function mixed(build: Build, { dtype = 'float16', emulated = false }: Options = {}) {
  const b = new Builder();
  const [x, w] = [b.input('x', 'float32', [2, 3]), b.input('w', 'float32', [3, 3])] as const;
  const y = build(b, x, w);
  const [value] = autocast(b, [y], dtype, { weak: [w], emulated });
  return { x, w, y: value!, graph: new Graph('g', [x, w], { y: value! }) };
}

/** The operations of a graph, each with the types that it was given; casts are left out. */
function steps(value: Value): string[] {
  return topological([value])
    .filter(({ op }) => op.name !== 'Cast' && op.name !== 'Constant')
    .map(({ op, inputs }) => `${op.name}(${inputs.map(({ type }) => type.dtype).join()})`);
}

function bodyOf(value: Value): Graph {
  const scan = topological([value]).find(({ op }) => op.name === 'Scan')!;
  return (scan.attrs as { readonly body: Graph }).body;
}

describe('autocast', () => {
  test('rounds what a product is given, and gives back what was asked for', () => {
    const { y } = mixed((b, x, w) => ops.matMul(b, x, w));
    expect(steps(y)).toEqual(['MatMul(float16,float16)']);
    expect(formatType(y.type)).toBe('float32[2, 3]');
  });

  test('lets elements follow a product, sums and softmax not', () => {
    const { y } = mixed((b, x, w) => ops.softmax(b, ops.relu(b, ops.mul(b, ops.matMul(b, x, w), 2))));
    expect(steps(y)).toEqual(['MatMul(float16,float16)', 'Mul(float16,float16)', 'Relu(float16)', 'Softmax(float32)']);
  });

  test('rounds weights, and what is made of them, where they meet 16 bits; data not', () => {
    const { y } = mixed((b, x, w) => {
      const product = ops.matMul(b, x, w);
      const bias = ops.reshape(b, ops.slice(b, w, 0, 0, 1), [3]);
      return ops.add(b, ops.add(b, product, bias), x);
    });
    expect(steps(y).filter((step) => step.startsWith('Add'))).toEqual(['Add(float16,float16)', 'Add(float32,float32)']);
  });

  test('takes a product of weights for what it is, 16 bits', () => {
    const { y } = mixed((b, _, w) => ops.relu(b, ops.matMul(b, w, w)));
    expect(steps(y)).toEqual(['MatMul(float16,float16)', 'Relu(float16)']);
  });

  test('lets masks of comparisons follow', () => {
    const { y } = mixed((b, x, w) => {
      const product = ops.matMul(b, x, w);
      return ops.mul(b, product, ops.cast(b, ops.greater(b, product, 0), 'float32'));
    });
    expect(steps(y)).toEqual(['MatMul(float16,float16)', 'Greater(float32,float32)', 'Mul(float16,float16)']);
  });

  test('shows a network’s outputs as float32 to what follows', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', 'float32', [2, 3]), b.input('w', 'float32', [3, 3])] as const;
    const outputs = ops.relu(b, ops.matMul(b, x, w));
    const y = ops.mul(b, outputs, outputs);
    const [free] = autocast(b, [y], 'float16', { weak: [w] });
    const [seen] = autocast(b, [y], 'float16', { weak: [w], single: [outputs] });
    expect(steps(free!)).toEqual(['MatMul(float16,float16)', 'Relu(float16)', 'Mul(float16,float16)']);
    expect(steps(seen!)).toEqual(['MatMul(float16,float16)', 'Relu(float16)', 'Mul(float32,float32)']);
  });

  test('keeps float32 where a constant would not survive', () => {
    const last = (value: number, dtype: HalfType) =>
      steps(mixed((b, x, w) => ops.add(b, ops.matMul(b, x, w), value), { dtype }).y).at(-1);
    expect(last(0.1, 'float16')).toBe('Add(float16,float16)');
    expect(last(1e-8, 'float16')).toBe('Add(float32,float32)');
    expect(last(-1e30, 'float16')).toBe('Add(float32,float32)');
    expect(last(-1e30, 'bfloat16')).toBe('Add(bfloat16,bfloat16)');
  });

  test('rounds a weight once, however often it is used', () => {
    const { y, w } = mixed((b, x, w) => ops.matMul(b, ops.matMul(b, x, w), w));
    const casts = topological([y]).filter(({ op, inputs }) => op.name === 'Cast' && inputs[0] === w);
    expect(casts).toHaveLength(1);
  });

  test('leaves the float64 of learning rates and the integers of positions alone', () => {
    const { y } = mixed((b, x, w) => {
      const rate = ops.cast(b, ops.mul(b, ops.cast(b, x, 'float64'), 0.5), 'float32');
      return ops.matMul(b, ops.gather(b, rate, b.constant(tensorFrom('int64', [2], [1, 0]))), w);
    });
    expect(steps(y)).toEqual(['Mul(float64,float64)', 'Gather(float32,int64)', 'MatMul(float16,float16)']);
  });

  test('keeps a loop’s states float32, and rounds weights for its products before it', () => {
    const { y } = mixed((b, x, w) => {
      const { states } = ops.scan(b, {
        captured: [w],
        states: [ops.slice(b, x, 0, 0, 1)],
        sequences: [ops.reshape(b, ops.matMul(b, x, w), [2, 1, 3])],
        body: (b, [w], [h], [slice]) => ({ states: [ops.tanh(b, ops.gemm(b, h!, w!, slice!))], slices: [] }),
      });
      return states[0]!;
    });
    const body = bodyOf(y);
    expect(body.inputs.map(({ type }) => type.dtype)).toEqual(['float16', 'float32', 'float16']);
    expect(body.outputs.map(({ type }) => type.dtype)).toEqual(['float32']);
    expect(steps(body.outputs[0]!)).toEqual(['Gemm(float16,float16,float16)', 'Tanh(float16)']);
  });

  test('reaches into branches, whose results are float32', () => {
    const { y } = mixed((b, x, w) => {
      const positive = ops.greater(b, ops.reduceSum(b, x), 0);
      const branch =
        (factor: number) =>
        (b: Builder, [x, w]: readonly Value[]) => [ops.mul(b, ops.matMul(b, x!, w!), factor)];
      return ops.cond(b, positive, [x, w], branch(1), branch(2))[0]!;
    });
    const node = topological([y]).find(({ op }) => op.name === 'If')!;
    const { whenTrue } = node.attrs as { readonly whenTrue: Graph };
    expect(steps(whenTrue.outputs[0]!)).toEqual(['MatMul(float16,float16)', 'Mul(float16,float16)']);
    expect(whenTrue.outputs[0]!.type.dtype).toBe('float32');
  });

  test('computes in 16 bits what the backward pass computes again', () => {
    const { y } = mixed((b, x, w) => recomputed(b, [x], (b, [x]) => [ops.tanh(b, ops.matMul(b, x!, w))])[0]!);
    expect(steps(y)).toEqual(['MatMul(float16,float16)', 'Tanh(float16)']);
  });

  test('emulated, gives no kernel 16 bits, and rounds after every one', async () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const { y, graph } = mixed((b, x, w) => ops.sub(b, ops.mul(b, ops.matMul(b, x, w), 3), 1), {
        dtype,
        emulated: true,
      });
      expect(steps(y)).toEqual(['MatMul(float32,float32)', 'Mul(float32,float32)', 'Sub(float32,float32)']);
      await using session = await openSession(writeModel(graph, { producer: 'test' }), { threads: 1 });
      const value = 1 + 2 ** -6;
      const x = tensorFrom('float32', [2, 3], [value, 0, 0, 0, 0, 0]);
      const w = tensorFrom('float32', [3, 3], [value, 0, 0, 0, 0, 0, 0, 0, 0]);
      const rounded = (number: number) => toNumbers(tensorFrom(dtype, [], [number]))[0]!;
      const wanted = rounded(rounded(rounded(value * value) * 3) - 1);
      expect(wanted).not.toBe(Math.fround(value * value * 3 - 1));
      expect(toNumbers((await session.run({ x, w })).y!)[0]).toBe(wanted);
    }
  });
});
