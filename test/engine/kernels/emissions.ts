import { grad } from '#engine/grad.ts';
import { Builder, Graph, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { simplify } from '#engine/simplify.ts';
import type { DType, Shape } from '#engine/type.ts';

interface Emission {
  /** Of the inputs; float32 where only a shape is given. */
  readonly inputs: readonly (Shape | readonly [DType, Shape])[];
  readonly build: (b: Builder, xs: readonly Value[]) => Value | readonly Value[];
}

type Op1 = (b: Builder, x: Value) => Value;
type Op2 = (b: Builder, x: Value, y: Value) => Value;

const one = (f: Op1, shape: Shape = [2, 3]): Emission => ({ inputs: [shape], build: (b, [x]) => f(b, x!) });
const two = (f: Op2): Emission => ({ inputs: [[2, 3], [3]], build: (b, [x, y]) => f(b, x!, y!) });
const integers = (f: Op2): Emission => ({
  inputs: [
    ['int64', [2, 3]],
    ['int64', [3]],
  ],
  build: (b, [x, y]) => f(b, x!, y!),
});
const doubles = (f: Op2): Emission => ({
  inputs: [
    ['float64', []],
    ['float64', []],
  ],
  build: (b, [x, y]) => f(b, x!, y!),
});
const bits = (f: Op2): Emission => ({
  inputs: [
    ['bool', [2]],
    ['bool', [2]],
  ],
  build: (b, [x, y]) => f(b, x!, y!),
});
const IMAGE = [2, 4, 6, 6];
const positions = (shape: Shape) => ['int64', shape] as const;

/**
 * Every operation that training graphs are made of, with the element types that they use it with: floats for the
 * network, float64 for learning rates and Adam's corrections, integers for rows, dropout masks, steps and positions.
 */
export const emissions: Readonly<Record<string, Emission>> = {
  ...Object.fromEntries(
    Object.entries({
      ...{ abs: ops.abs, neg: ops.neg, sign: ops.sign, floor: ops.floor, ceil: ops.ceil, round: ops.round },
      ...{ exp: ops.exp, log: ops.log, sqrt: ops.sqrt, reciprocal: ops.reciprocal, sin: ops.sin, cos: ops.cos },
      ...{
        erf: ops.erf,
        tanh: ops.tanh,
        sigmoid: ops.sigmoid,
        relu: ops.relu,
        unitStep: ops.unitStep,
        softplus: ops.softplus,
        silu: ops.silu,
      },
      ...{ gelu: ops.gelu, geluTanh: ops.geluTanh, leakyRelu: ops.leakyRelu, softmax: ops.softmax },
      ...{ logSoftmax: ops.logSoftmax, isNan: ops.isNan, isInf: ops.isInf, argMax: ops.argMax },
      ...{ reduceSum: ops.reduceSum, reduceMean: ops.reduceMean, reduceMax: ops.reduceMax, reduceMin: ops.reduceMin },
      ...{ reduceLogSumExp: ops.reduceLogSumExp, reduceSumSquare: ops.reduceSumSquare, transpose: ops.transpose },
    }).map(([name, f]) => [name, one((b, x) => f(b, x))]),
  ),
  ...Object.fromEntries(
    Object.entries({
      ...{ add: ops.add, sub: ops.sub, mul: ops.mul, div: ops.div, pow: ops.pow },
      ...{ maximum: ops.maximum, minimum: ops.minimum, equal: ops.equal, greater: ops.greater },
      ...{ greaterOrEqual: ops.greaterOrEqual, less: ops.less, lessOrEqual: ops.lessOrEqual },
    }).map(([name, f]) => [name, two(f)]),
  ),
  ...{
    'mod of integers': integers(ops.mod),
    'sum of integers': integers(ops.add),
    'product of integers': integers(ops.mul),
  },
  ...{ 'maximum of integers': integers(ops.maximum), 'comparison of integers': integers(ops.less) },
  ...{ 'equality of integers': integers(ops.equal), 'order of integers': integers(ops.greaterOrEqual) },
  ...{ 'sum of doubles': doubles(ops.add), 'power of doubles': doubles(ops.pow), 'ratio of doubles': doubles(ops.div) },
  ...{ 'difference of doubles': doubles(ops.sub), 'product of doubles': doubles(ops.mul) },
  ...{ 'minimum of doubles': doubles(ops.minimum), 'maximum of doubles': doubles(ops.maximum) },
  'schedule in doubles': doubles((b, x, y) =>
    ops.where(b, ops.less(b, x, y), ops.cos(b, ops.sqrt(b, x)), ops.floor(b, y)),
  ),
  ...{ and: bits(ops.and), or: bits(ops.or), xor: bits(ops.xor), not: bits((b, x, y) => ops.or(b, ops.not(b, x), y)) },
  'extreme of integers': { inputs: [positions([4])], build: (b, [x]) => ops.reduceMax(b, x!) },
  'choice of integers': {
    inputs: [positions([4]), positions([4])],
    build: (b, [x, y]) => ops.where(b, ops.less(b, x!, 0), x!, y!),
  },
  where: {
    inputs: [
      ['bool', [2, 1]],
      [2, 3],
      [2, 3],
    ],
    build: (b, [c, x, y]) => ops.where(b, c!, x!, y!),
  },
  ...Object.fromEntries(
    (['float32', 'float64', 'int64', 'int32', 'bool'] as const).map((from) => [
      `cast from ${from}`,
      {
        inputs: [[from, [3]]],
        build: (b: Builder, [x]: readonly Value[]) =>
          (['float32', 'float64', 'int64', 'int32', 'bool', 'float16', 'bfloat16'] as const).map((to) =>
            ops.cast(b, ops.cast(b, x!, to), 'float32'),
          ),
      } satisfies Emission,
    ]),
  ),
  matMul: {
    inputs: [
      [2, 3, 4],
      [4, 5],
    ],
    build: (b, [x, y]) => ops.matMul(b, x!, y!),
  },
  gemm: { inputs: [[3, 4], [4, 5], [5]], build: (b, [x, y, c]) => ops.gemm(b, x!, y!, c!) },
  einsum: {
    inputs: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    build: (b, xs) => ops.einsum(b, 'bij,bjk->bik', xs),
  },
  reshape: one((b, x) => ops.reshape(b, x, [3, 2])),
  expandLike: {
    inputs: [
      [1, 3],
      [2, 3],
    ],
    build: (b, [x, y]) => ops.expandLike(b, x!, y!),
  },
  'expand to rows': {
    inputs: [
      [1, 3],
      ['rows', 3],
    ],
    build: (b, [x, y]) => ops.expandLike(b, x!, y!),
  },
  shapeOf: { inputs: [['rows', 3]], build: (b, [x]) => ops.shapeOf(b, x!) },
  squeeze: one((b, x) => ops.squeeze(b, x, [0]), [1, 3]),
  unsqueeze: one((b, x) => ops.unsqueeze(b, x, [1])),
  concat: {
    inputs: [
      [2, 3],
      [2, 3],
    ],
    build: (b, xs) => ops.concat(b, xs, 1),
  },
  split: { inputs: [[2, 3]], build: (b, [x]) => ops.split(b, x!, 1, [1, 2]) },
  window: one((b, x) => ops.window(b, x, [null, { start: 0, end: 3, step: 2 }])),
  padAll: one((b, x) => ops.padAll(b, x, [0, 1], [2, 0], 0.5)),
  tile: one((b, x) => ops.tile(b, x, [2, 1])),
  stride: one((b, x) => ops.stride(b, x, 1, -1)),
  trilu: one((b, x) => ops.trilu(b, x, { upper: true, diagonal: 1 })),
  cumSum: one((b, x) => ops.cumSum(b, x, 1)),
  topK: { inputs: [[2, 3]], build: (b, [x]) => ops.topK(b, x!, 2).values },
  gather: { inputs: [[4, 3], positions([2])], build: (b, [x, i]) => ops.gather(b, x!, i!) },
  'gather of integers': { inputs: [positions([4]), positions([2])], build: (b, [x, i]) => ops.gather(b, x!, i!) },
  gatherElements: { inputs: [[4, 3], positions([2, 3])], build: (b, [x, i]) => ops.gatherElements(b, x!, i!, 0) },
  gatherND: { inputs: [[4, 3], positions([2, 1])], build: (b, [x, i]) => ops.gatherND(b, x!, i!) },
  scatterAdd: {
    inputs: [[4, 3], positions([2, 1]), [2, 3]],
    build: (b, [x, i, y]) => ops.scatterAdd(b, x!, i!, y!),
  },
  scatterElements: {
    inputs: [[4, 3], positions([2, 3]), [2, 3]],
    build: (b, [x, i, y]) => [ops.scatterElements(b, x!, i!, y!, 0), ops.scatterElements(b, x!, i!, y!, 0, 'add')],
  },
  scatterND: { inputs: [[4, 3], positions([2, 1]), [2, 3]], build: (b, [x, i, y]) => ops.scatterND(b, x!, i!, y!) },
  oneHot: { inputs: [positions([4])], build: (b, [i]) => ops.oneHot(b, i!, 3) },
  isClass: { inputs: [positions([4])], build: (b, [i]) => ops.isClass(b, i!, 3) },
  crossEntropyOf: {
    inputs: [[4, 3], positions([4])],
    build: (b, [x, i]) => ops.crossEntropyOf(b, x!, ops.oneHot(b, i!, 3)),
  },
  conv: {
    inputs: [IMAGE, [4, 2, 3, 3], [4]],
    build: (b, [x, w, c]) =>
      ops.conv(b, x!, w!, c!, { groups: 2, strides: 2, dilations: 1, pads: [1, 0], padsAfter: [0, 2] }),
  },
  'conv, convTranspose and pools of volumes': {
    inputs: [
      [2, 3, 4, 5, 4],
      [4, 3, 2, 2, 2],
    ],
    build: (b, [x, w]) => {
      const back = ops.convTranspose(b, ops.conv(b, x!, w!, undefined, { strides: [2, 1, 1] }), w!, { pads: 1 });
      return ops.averagePool(b, ops.maxPool(b, back, [1, 2, 2]), [1, 2, 1]);
    },
  },
  convTranspose: {
    inputs: [IMAGE, [4, 2, 3, 3]],
    build: (b, [x, w]) => ops.convTranspose(b, x!, w!, { strides: 2, pads: 1, padsAfter: 0, outputPads: 1 }),
  },
  maxPool: one((b, x) => ops.maxPool(b, x, [3, 3], { strides: 2, pads: 1 }), IMAGE),
  'maxPool of kernels side by side': one((b, x) => ops.maxPool(b, x, [2, 2], { strides: 2 }), IMAGE),
  repeat: one((b, x) => ops.repeat(b, x, 3), IMAGE),
  'maxPool with uneven pads': one((b, x) => ops.maxPool(b, x, [2, 2], { pads: 0, padsAfter: 1 }), IMAGE),
  'maxPool with dilations': one((b, x) => ops.maxPool(b, x, [2, 2], { dilations: 2 }), IMAGE),
  averagePool: one((b, x) => ops.averagePool(b, x, [2, 2], { strides: 2 }), IMAGE),
  'averagePool with uneven pads': one((b, x) => ops.averagePool(b, x, [2, 2], { pads: 0, padsAfter: 1 }), IMAGE),
  'averagePool that counts uneven pads': one(
    (b, x) => ops.averagePool(b, x, [2, 2], { pads: 0, padsAfter: 1, includePads: true }),
    IMAGE,
  ),
  layerNorm: { inputs: [[2, 3], [3], [3]], build: (b, [x, g, c]) => ops.layerNorm(b, x!, g!, c!) },
  rmsNorm: { inputs: [[2, 3], [3]], build: (b, [x, g]) => ops.rmsNorm(b, x!, g!) },
  groupNorm: { inputs: [IMAGE, [4], [4]], build: (b, [x, g, c]) => ops.groupNorm(b, x!, 2, g!, c!) },
  batchNorm: {
    inputs: [IMAGE, [4], [4], [4], [4]],
    build: (b, [x, gain, bias, mean, variance]) =>
      Object.values(ops.batchNormTraining(b, x!, { gain: gain!, bias: bias!, mean: mean!, variance: variance! })),
  },
  attention: {
    inputs: [
      [2, 3, 4],
      [2, 3, 4],
      [2, 3, 4],
      ['bool', [3, 3]],
    ],
    build: (b, [q, k, v, mask]) => ops.attention(b, q!, k!, v!, { mask: mask!, causal: true }),
  },
  dropout: {
    inputs: [
      [2, 3],
      ['int64', []],
    ],
    build: (b, [x, step]) => ops.dropout(b, x!, 0.5, { seed: 1, step: step!, stream: 'a' }),
  },
  cond: {
    inputs: [
      ['bool', []],
      [2, 3],
    ],
    build: (b, [c, x]) =>
      ops.cond(
        b,
        c!,
        [x!],
        (b, [x]) => [ops.exp(b, x!)],
        (b, [x]) => [ops.neg(b, x!)],
      ),
  },
  scan: {
    inputs: [[3], [5, 3]],
    build: (b, [start, xs]) => {
      const body: ops.ScanSpec['body'] = (b, _, [s], [x]) => {
        const next = ops.tanh(b, ops.add(b, s!, x!));
        return { states: [next], slices: [next] };
      };
      const { states, sequences } = ops.scan(b, { captured: [], states: [start!], sequences: [xs!], body });
      return [...states, ...sequences];
    },
  },
  lstm: {
    inputs: [[5, 2, 3], [3, 16], [4, 16], [16]],
    build: (b, [x, input, hidden, bias]) =>
      ops.lstm(
        b,
        x!,
        [false, true].map((reverse) => ({
          weights: { input: input!, hidden: hidden!, inputBias: bias! },
          reverse,
        })),
      ).sequence,
  },
  gru: {
    inputs: [[5, 2, 3], [3, 12], [4, 12], [12], [12]],
    build: (b, [x, input, hidden, bias, own]) =>
      ops.gru(b, x!, [{ weights: { input: input!, hidden: hidden!, inputBias: bias!, hiddenBias: own! } }]).sequence,
  },
  gruResetFirst: {
    inputs: [[5, 2, 3], [3, 12], [4, 12], [12]],
    build: (b, [x, input, hidden, bias]) =>
      ops.gruResetFirst(b, x!, [{ weights: { input: input!, hidden: hidden!, inputBias: bias! } }]).sequence,
  },
};

/** The operation as a graph, with the gradient of all its float32 results by its float32 inputs. */
export function emitted({ inputs, build }: Emission): Graph {
  const b = new Builder();
  const xs = inputs.map((input, i) => {
    const [dtype, shape] = isTyped(input) ? input : (['float32', input] as const);
    return b.input(`x${i}`, dtype, shape);
  });
  const built = build(b, xs);
  const results = Array.isArray(built) ? (built as readonly Value[]) : [built as Value];
  const real = results.filter(({ type }) => type.dtype === 'float32');
  const sum = real
    .map((y) => ops.reduceSum(b, ops.mul(b, y, y)))
    .reduce<Value | null>((s, y) => (s ? ops.add(b, s, y) : y), null);
  const by = xs.filter(({ type }) => type.dtype === 'float32');
  const gradients = sum && by.length > 0 ? grad(b, sum, by) : [];
  return simplify(new Graph('emission', xs, [...results, ...gradients]));
}

function isTyped(input: Emission['inputs'][number]): input is readonly [DType, Shape] {
  return Array.isArray(input[1]);
}
