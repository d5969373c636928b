import type { Builder, Node, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { tensor } from '../tensor.ts';
import { type Dim, formatShape, isStatic, ShapeError, sizeOf, staticShape, type Type } from '../type.ts';
import { convKernelGradient } from './conv-kernel.ts';
import { expectDomain, expectOneDType, shortFloats } from './domain.ts';
import { gather } from './indexing.ts';
import { reshape, transpose } from './movement.ts';
import { reduceSum } from './reduce.ts';
import {
  convolvedDims,
  type PerAxis,
  perAxis,
  type Spatial,
  type SpatialOptions,
  spatial,
  spatialAttributes,
  spatialDim,
  transposedDims,
} from './spatial.ts';
import { padAll, window } from './window.ts';

export interface ConvAttrs extends Spatial {
  readonly groups: number;
}

export interface ConvOptions extends SpatialOptions {
  /** The number of groups of input and output channels, each with its own kernel. Default: 1. */
  readonly groups?: number;
}

const convOp: Op<ConvAttrs> = {
  name: 'Conv',
  infer: (inputs, attrs) => {
    const [x, w, bias] = inputs as readonly [Type, Type, Type?];
    expectDomain(shortFloats, inputs);
    const dtype = expectOneDType(inputs);
    const [outputs, inner] = channels(w);
    const given = x.shape[1];
    if (x.shape.length !== w.shape.length || given !== inner * attrs.groups || outputs % attrs.groups !== 0)
      throw new ShapeError(
        `wants [batch, ${inner * attrs.groups}, ...${attrs.kernel.length} axes] and kernels that ${attrs.groups} groups divide; got ${formatShape(x.shape)} and ${formatShape(w.shape)}`,
      );
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs))
      throw new ShapeError(`wants a bias [${outputs}]; got ${formatShape(bias.shape)}`);
    return [{ dtype, shape: [x.shape[0]!, outputs, ...convolvedDims(x.shape, attrs)] }];
  },
  vjp: (b, n, [ct], need) => {
    const [x, w] = n.inputs as readonly [Value, Value, Value?];
    const kept = [0, ...n.attrs.kernel.map((_, i) => i + 2)];
    return [
      need[0] ? inputGradient(b, ct!, x, w, n.attrs) : undefined,
      need[1] ? convKernelGradient(b, padded(b, x, n.attrs), ct!, n.attrs) : undefined,
      need[2] ? reduceSum(b, ct!, { axes: kept }) : undefined,
    ];
  },
  emit: (w, n) => w.same(n, 'Conv', { ...spatialAttributes(n.attrs), group: { int: n.attrs.groups } }),
};

/**
 * Cross-correlation of x [batch, in, ...spatial] with kernels w [out, in / groups, ...kernel], plus bias [out].
 * @throws ShapeError
 */
export const conv = Object.assign(
  (b: Builder, x: Value, w: Value, bias?: Value, options: ConvOptions = {}): Value =>
    b.apply1(convOp, bias ? [x, w, bias] : [x, w], attributes(w, options)),
  { op: convOp },
);

/*
 *  Where the kernel moves by single positions, the gradient is a convolution itself, with the taps in reverse order, whose
 *  pads are those that the kernel's extent leaves: on a CPU, that takes less time than a transposed convolution.
 *
 *     y[i] = w₀ x[i] + w₁ x[i + 1]        x̄[i] = w₁ ȳ[i − 1] + w₀ ȳ[i]
 *
 *  Otherwise, with pads p and q, the convolution covers n + p + q positions. A transposed convolution returns the first
 *  t ≤ n + p + q of them: positions after the last stride were never read. So cut p off the front, then cut or pad
 *  to n. ConvTranspose's own asymmetric pads have no CUDA kernel.
 */
function inputGradient(b: Builder, ct: Value, x: Value, w: Value, attrs: ConvAttrs): Value {
  if (turnsCheaply(x, w, attrs)) {
    const room = (pads: readonly number[]) => pads.map((pad, i) => (attrs.kernel[i]! - 1) * attrs.dilations[i]! - pad);
    const [before, after] = [room(attrs.before), room(attrs.after)];
    if ([...before, ...after].every((pad) => pad >= 0))
      return b.apply1(convOp, [ct, turned(b, w, attrs.groups)], { ...attrs, before, after });
  }
  const whole = convTransposeCore(b, ct, w, attrs);
  const [zero, length] = [[0, 0], attrs.kernel.map((_, i) => spatialDim(whole.type.shape, i))];
  const ends = attrs.before.map((start, i) => Math.min(length[i]!, start + spatialDim(x.type.shape, i)));
  const starts = attrs.before.map((start, i) => Math.min(start, ends[i]!));
  const cut = window(b, whole, [null, null, ...starts.map((start, i) => ({ start, end: ends[i]!, step: 1 }))]);
  const missing = starts.map((start, i) => spatialDim(x.type.shape, i) - (ends[i]! - start));
  return padAll(b, cut, [...zero, ...missing.map(() => 0)], [...zero, ...missing]);
}

/** Whether kernels are so much smaller than what they move over that to turn them is worth it. */
function turnsCheaply(x: Value, w: Value, { strides, kernel }: ConvAttrs): boolean {
  if (strides.some((stride) => stride !== 1) || !isStatic(x.type.shape)) return false;
  return sizeOf(kernel) === 1 || 2 * sizeOf(staticShape(w.type.shape)) <= sizeOf(x.type.shape);
}

/** Kernels [out, in / groups, ...kernel] as [in, out / groups, ...kernel], with the taps in reverse order. */
function turned(b: Builder, w: Value, groups: number): Value {
  const [outputs, inputs, ...kernel] = staticShape(w.type.shape) as [number, number, ...number[]];
  const taps = sizeOf(kernel);
  const grouped = reshape(b, w, [groups, outputs / groups, inputs, taps]);
  const swapped = transpose(b, grouped, [0, 2, 1, 3]);
  const backwards = tensor(
    'int64',
    [taps],
    BigInt64Array.from({ length: taps }, (_, i) => BigInt(taps - 1 - i)),
  );
  const reversed = taps === 1 ? swapped : gather(b, swapped, b.constant(backwards), 3);
  return reshape(b, reversed, [groups * inputs, outputs / groups, ...kernel]);
}

function padded(b: Builder, x: Value, { before, after }: Spatial): Value {
  return padAll(b, x, [0, 0, ...before], [0, 0, ...after]);
}

const convTransposeOp: Op<ConvAttrs> = {
  name: 'ConvTranspose',
  infer: ([x, w], attrs) => {
    expectDomain(shortFloats, [x!, w!]);
    const dtype = expectOneDType([x!, w!]);
    const [inputs, outputs] = channels(w!);
    if (x!.shape.length !== w!.shape.length || x!.shape[1] !== inputs || inputs % attrs.groups !== 0)
      throw new ShapeError(
        `wants [batch, ${inputs}, ...${attrs.kernel.length} axes] that ${attrs.groups} groups divide; got ${formatShape(x!.shape)}`,
      );
    return [{ dtype, shape: [x!.shape[0]!, outputs * attrs.groups, ...transposedDims(x!.shape, attrs)] }];
  },
  // The transpose of a transposed convolution is the convolution, and both are linear in the same kernel.
  vjp: (b, n: Node<ConvAttrs>, [ct], need) => [
    need[0] ? b.apply1(convOp, [ct!, n.inputs[1]!], n.attrs) : undefined,
    need[1] ? convKernelGradient(b, ct!, n.inputs[0]!, n.attrs) : undefined,
  ],
  emit: (w, n) => w.same(n, 'ConvTranspose', { ...spatialAttributes(n.attrs), group: { int: n.attrs.groups } }),
};

function convTransposeCore(b: Builder, x: Value, w: Value, attrs: ConvAttrs): Value {
  const none = attrs.kernel.map(() => 0);
  return b.apply1(convTransposeOp, [x, w], { ...attrs, before: none, after: none });
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Positions added at the end of each spatial axis, for sizes that the stride would skip. */
  readonly outputPads?: PerAxis;
}

/**
 * The transpose of the convolution with the same kernel w [in, out / groups, ...kernel], strides and pads:
 * [batch, in, ...spatial] → [batch, out, ...(spatial − 1) · stride + extent − pads + outputPads].
 * @throws ShapeError
 */
export const convTranspose = Object.assign(
  (b: Builder, x: Value, w: Value, { outputPads = 0, ...options }: ConvTransposeOptions = {}): Value => {
    const attrs = attributes(w, options);
    const whole = convTransposeCore(b, x, w, attrs);
    const extra = perAxis('output pads', outputPads, attrs.kernel.length, 0);
    const size = (i: number) => spatialDim(whole.type.shape, i);
    const ends = attrs.after.map((after, i) => Math.min(size(i), size(i) - after + extra[i]!));
    const cut = window(b, whole, [null, null, ...attrs.before.map((start, i) => ({ start, end: ends[i]!, step: 1 }))]);
    // Beyond the kernel's reach, there are only zeros.
    const beyond = extra.map((more, i) => Math.max(0, more - attrs.after[i]!));
    return padAll(b, cut, [0, 0, ...beyond.map(() => 0)], [0, 0, ...beyond]);
  },
  { op: convTransposeOp },
);

function attributes(w: Value, { groups = 1, ...options }: ConvOptions): ConvAttrs {
  const kernel = w.type.shape.slice(2);
  if (!isStatic(kernel))
    throw new ShapeError(`convolution wants kernels of sizes known in advance; got ${formatShape(w.type.shape)}`);
  if (!Number.isInteger(groups) || groups < 1) throw new ShapeError(`convolution wants 1 group or more; got ${groups}`);
  return { ...spatial(kernel, options), groups };
}

/** The first two axes of kernels. */
function channels({ shape }: Type): readonly [number, number] {
  const [first, second] = shape as readonly Dim[];
  if (typeof first === 'number' && typeof second === 'number') return [first, second];
  throw new ShapeError(`wants kernels of sizes known in advance; got ${formatShape(shape)}`);
}
