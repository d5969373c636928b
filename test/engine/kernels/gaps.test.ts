import { describe, expect, test } from '@jest/globals';
import { Builder, Graph, type Value } from '#engine/graph.ts';
import { expectKernels, KernelError, PrecisionError } from '#engine/kernels/expect.ts';
import { kernelGaps } from '#engine/kernels/gaps.ts';
import { type ModelProto, parseModel } from '#engine/onnx/proto.ts';
import { type Attribute, OnnxWriter, writeModel } from '#engine/onnx/write.ts';
import * as ops from '#engine/ops/index.ts';
import { sgd } from '#engine/optim/sgd.ts';
import type { Precision } from '#engine/precision/precision.ts';
import { zeros } from '#engine/random.ts';
import { squaredError } from '#engine/training/loss.ts';
import { initialState } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import type { DType, Shape } from '#engine/type.ts';

function modelOf(dtype: DType, shape: Shape, build: (b: Builder, x: Value) => Value): ModelProto {
  const b = new Builder();
  const x = b.input('x', dtype, shape);
  return parseModel(writeModel(new Graph('g', [x], { y: build(b, x) }), { producer: 'test' }));
}

/** A model of one node over a float32 image. */
function nodeOf(opType: string, attributes: Readonly<Record<string, Attribute>>): ModelProto {
  const model = modelOf('float32', [1, 1, 4, 4], (_, x) => x);
  const w = new OnnxWriter();
  const x = new Builder().input('x', 'float32', [1, 1, 4, 4]);
  w.alias(x, 'x');
  w.node(opType, ['x'], ['y'], { attributes });
  return { ...model, graph: { ...w.graph(new Graph('g', [x], { x }), [x], ['z']), output: model.graph.output } };
}

const mean = (b: Builder, x: Value) => ops.reduceMean(b, x, { axes: [0] });

describe('kernelGaps', () => {
  test('finds none where every node has a kernel', () => {
    for (const device of ['cpu', 'cuda'] as const)
      expect(kernelGaps(modelOf('float32', [3], mean), device)).toEqual([]);
  });

  test('names the operator, its types and its node', () => {
    const model = modelOf('int64', [3, 2], (b, x) => b.at('here', () => ops.argMax(b, x)));
    expect(kernelGaps(model, 'cpu')).toEqual([]);
    expect(kernelGaps(model, 'cuda')).toEqual([
      { device: 'cuda', op: 'ArgMax', types: ['int64'], node: expect.stringContaining('here/ArgMax'), inLoop: false },
    ]);
  });

  test('looks into loops and branches, and says that a node is in a loop', () => {
    const model = modelOf('int64', [5, 3], (b, x) => {
      const total = b.scalar('int64', 0);
      const { states } = ops.scan(b, {
        captured: [],
        states: [total],
        sequences: [x],
        body: (b, _, [sum], [row]) => {
          const most = () => ops.argMax(b, row!);
          const some = ops.cond(
            b,
            ops.greater(b, sum!, 0),
            [row!],
            (b, [row]) => [ops.argMax(b, row!)],
            (b) => [b.scalar('int64', 0)],
          );
          return { states: [ops.add(b, sum!, ops.add(b, most(), some[0]!))], slices: [] };
        },
      });
      return states[0]!;
    });
    expect(kernelGaps(model, 'cuda').map(({ op, inLoop }) => [op, inLoop])).toEqual([
      ['ArgMax', true],
      ['ArgMax', true],
    ]);
  });

  test('follows types through casts, comparisons and constants', () => {
    const model = modelOf('float32', [3], (b, x) => {
      const half = ops.cast(b, x, 'bfloat16');
      const doubled = ops.mul(b, half, 2);
      return ops.cast(b, ops.greater(b, doubled, 1), 'float32');
    });
    expect(kernelGaps(model, 'cuda').map(({ op, types }) => [op, types])).toEqual([['Greater', ['bfloat16', 'bool']]]);
    expect(kernelGaps(model, 'cpu').map(({ op }) => op)).toEqual(['Mul', 'Greater']);
  });

  test.each([
    ['MaxPool', 'pads', [0, 0, 1, 1], 'wants as many pads after an axis as before it; got [0,0,1,1]'],
    ['AveragePool', 'pads', [1, 0, 0, 0], 'wants as many pads after an axis as before it; got [1,0,0,0]'],
    ['MaxPool', 'dilations', [2, 1], 'wants dilations of 1; got [2,1]'],
  ] as const)('knows what CUDA’s %s does not take: %s', (op, name, values, reason) => {
    const model = nodeOf(op, { kernel_shape: { ints: [2, 2] }, [name]: { ints: values } });
    expect(kernelGaps(model, 'cuda').map((gap) => gap.reason)).toEqual([reason]);
    expect(kernelGaps(model, 'cpu')).toEqual([]);
  });

  test('knows that CUDA’s ArgMax does not take the last of equal elements', () => {
    const reasons = (last: number) =>
      kernelGaps(nodeOf('ArgMax', { select_last_index: { int: last } }), 'cuda').map((gap) => gap.reason);
    expect(reasons(1)).toEqual(['finds the first of equal elements only']);
    expect(reasons(0)).toEqual([]);
  });

  test('is about a precision where half of it is asked for: other gaps are no reason to refuse', () => {
    const program = (dtype: DType, precision: Precision) => {
      const b = new Builder();
      const x = b.input('x', 'float32', [3]);
      const y = ops.cast(b, ops.reduceMax(b, ops.cast(b, x, dtype)), 'float32');
      return { bytes: writeModel(new Graph('g', [x], { y }), { producer: 'test' }), precision };
    };
    expect(() => expectKernels(program('bfloat16', 'bfloat16'), 'cuda')).toThrow(
      new PrecisionError(
        'CUDA has no bfloat16 kernel for ReduceMax: train in float32, on a device that has it, or with emulateHalf',
      ),
    );
    expect(() => expectKernels(program('bfloat16', 'float16'), 'cuda')).not.toThrow();
    expect(() => expectKernels(program('bfloat16', 'float32'), 'cuda')).not.toThrow();
  });

  test.each([
    [1, 2],
    [3, 1],
  ])('names the node whose attributes a device does not take, also in float32 (dilations %j)', (...dilations) => {
    const program = (steps: readonly number[]) => {
      const b = new Builder();
      const x = b.input('x', 'float32', [1, 1, 9, 9]);
      const y = b.at('net', () => b.at('pool', () => ops.maxPool(b, x, [2, 2], { dilations: steps })));
      return { bytes: writeModel(new Graph('g', [x], { y }), { producer: 'test' }) };
    };
    expect(() => expectKernels(program(dilations), 'cuda')).toThrow(
      new KernelError(
        `CUDA has no kernel for MaxPool of node 'net/pool/MaxPool.0': it wants dilations of 1; got [${dilations}]; use what it takes, or the CPU`,
      ),
    );
    expect(() => expectKernels(program(dilations))).not.toThrow();
    expect(() => expectKernels(program([1, 1]), 'cuda')).not.toThrow();
  });

  test('is asked before a training or an evaluation is opened', async () => {
    const image = { dtype: 'float32', shape: [2, 1, 3, 3] } as const;
    const spec = {
      data: { x: image, y: { dtype: 'float32', shape: [2, 1, 2, 3] } },
      target: 'y',
      loss: squaredError,
      network: {
        parameters: [{ name: 'w', shape: [1], initializer: zeros, decay: false }],
        forward: (b, { w }, x) => ops.maxPool(b, ops.mul(b, x, w!), [2, 1], { dilations: [1, 2], pads: [0, 0] }),
      },
      optimizer: sgd({ learningRate: 0.1 }),
      batchSize: 2,
      seed: 1,
    } satisfies TrainSpec;
    await expect(Evaluator.open(compileEvaluate(spec), { device: 'cuda' })).rejects.toThrow(KernelError);
    const opened = Training.open(compileTrain(spec), {}, initialState(spec, 1), { device: 'cuda' });
    await expect(opened).rejects.toThrow(
      /^CUDA has no kernel for MaxPool of node '.*': it wants dilations of 1; got \[1,2\]/,
    );
  });

  test('says when it was recorded for something else', () => {
    expect(() => kernelGaps(nodeOf('Hardmax', {}), 'cuda')).toThrow(
      'the kernel table has no Hardmax: record it again with it',
    );
    const model = modelOf('float32', [3], mean);
    expect(() => kernelGaps({ ...model, opsetImport: [{ domain: '', version: 99 }] }, 'cuda')).toThrow(
      "the kernel table is of opset 18 of ''; the model has 99: record it again",
    );
  });
});
