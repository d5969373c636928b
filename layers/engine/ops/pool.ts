import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { filled, tensorFrom } from '../tensor.ts';
import { ShapeError, sizeOf, staticShape, type Type } from '../type.ts';
import { equal } from './compare.ts';
import { convTranspose } from './conv.ts';
import { type Domain, expectDomain, floats, shortFloats } from './domain.ts';
import { div, mul } from './elementwise.ts';
import { scatterAdd } from './indexing.ts';
import { reshape, zerosLike } from './movement.ts';
import { reduceMax, reduceMean } from './reduce.ts';
import { repeat } from './repeat.ts';
import { cast } from './select.ts';
import { convolvedDims, type Spatial, type SpatialOptions, spatial, spatialAttributes, spatialDim } from './spatial.ts';
import { padAll, window } from './window.ts';

function pooledType(x: Type, s: Spatial, domain: Domain): Type {
  expectDomain(domain, [x]);
  if (x.shape.length !== s.kernel.length + 2)
    throw new ShapeError(`wants batch, channels and ${s.kernel.length} spatial axes; got ${x.shape.length} axes`);
  if (s.kernel.some((size, i) => s.before[i]! >= size || s.after[i]! >= size))
    throw new ShapeError(`wants pads smaller than the kernel [${s.kernel}]; got [${s.before}] and [${s.after}]`);
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...convolvedDims(x.shape, s)] };
}

const maxPoolOp: Op<Spatial> = {
  name: 'MaxPool',
  infer: ([x], s) => {
    const type = pooledType(x!, s, floats);
    return [type, { ...type, dtype: 'int64' }];
  },
  // The second output has the position of each maximum in the flattened x, to which its cotangent goes.
  vjp: (b, n, [ct]) => {
    const [x, where] = [n.inputs[0]!, n.outputs[1]!];
    if (isTiled(n.attrs) && shortFloats.has(x.type.dtype))
      return [tiledGradient(b, x, n.outputs[0]!, ct!, n.attrs.kernel)];
    const size = sizeOf(staticShape(x.type.shape));
    const count = sizeOf(staticShape(ct!.type.shape));
    const flat = scatterAdd(
      b,
      reshape(b, zerosLike(b, x), [size]),
      reshape(b, where, [count, 1]),
      reshape(b, ct!, [count]),
    );
    return [reshape(b, flat, x.type.shape)];
  },
  emit: (w, n) => {
    const outputs = n.outputs.filter((output, i) => i === 0 || w.uses(output)).map((output) => w.name(output));
    w.node('MaxPool', [w.name(n.inputs[0]!)], outputs, { attributes: spatialAttributes(n.attrs), place: n.place });
  },
};

/** Whether kernels lie side by side, so that each element is under one of them, or at the end under none. */
const isTiled = ({ kernel, strides, dilations, before, after }: Spatial): boolean =>
  kernel.every((size, i) => size === strides[i] && dilations[i] === 1 && before[i] === 0 && after[i] === 0);

/**
 * The gradient where kernels lie side by side: the largest elements are those that equal the pooled one, and share its
 * cotangent. That needs no positions, without which the runtime pools several times as fast, and no scattering.
 *
 *     x [4, 6] as tiles [2 × 2, 6]   y [2, 3] as [2 × 1, 3 · 2], each element twice
 */
function tiledGradient(b: Builder, x: Value, y: Value, ct: Value, kernel: readonly number[]): Value {
  const [batch, channels, ...dims] = staticShape(x.type.shape) as [number, number, ...number[]];
  const counts = staticShape(y.type.shape).slice(2);
  const covered = counts.map((count, i) => count * kernel[i]!);
  const last = kernel.length - 1;
  /** With the last axis whole, and the axes before it apart. */
  const apart = (value: Value, sizes: readonly number[]) =>
    reshape(b, value, [
      batch * channels,
      ...counts.slice(0, last).flatMap((count, i) => [count, sizes[i]!]),
      value.type.shape.at(-1)!,
    ]);
  const spread = (value: Value) =>
    repeat(
      b,
      apart(
        value,
        counts.map(() => 1),
      ),
      kernel[last]!,
    );
  const joined = (value: Value) => reshape(b, value, [batch, channels, ...covered]);
  const whole = covered.map((end) => ({ start: 0, end, step: 1 }));
  const tiles = apart(window(b, x, [null, null, ...whole]), kernel);
  const largest = cast(b, equal(b, tiles, spread(y)), x.type.dtype);
  const sharing = mul(b, averagePool(b, joined(largest), kernel, { strides: kernel }), sizeOf(kernel));
  const under = joined(mul(b, largest, spread(div(b, ct, sharing))));
  const none = covered.map(() => 0);
  return padAll(b, under, [0, 0, ...none], [0, 0, ...covered.map((end, i) => dims[i]! - end)]);
}

/** Whether an axis has different pads before and after it, which cuDNN's pools do not support. Pads must be legal. */
function isUneven({ kernel, before, after }: Spatial): boolean {
  return before.some((pad, i) => pad !== after[i]) && kernel.every((size, i) => Math.max(before[i]!, after[i]!) < size);
}

/** Moves the uneven part of the pads into a separate Pad, so that those of the pool are even. */
function evened<S extends Spatial>(b: Builder, x: Value, s: S, value: number): { readonly x: Value; readonly s: S } {
  const even = s.before.map((pad, i) => Math.min(pad, s.after[i]!));
  const rest = (pads: readonly number[]) => [0, 0, ...pads.map((pad, i) => pad - even[i]!)];
  return { x: padAll(b, x, rest(s.before), rest(s.after), value), s: { ...s, before: even, after: even } };
}

/**
 * The largest element under a kernel that moves over x [batch, channels, ...spatial]. Pads count as −∞.
 * @throws ShapeError
 */
export const maxPool = Object.assign(
  (b: Builder, x: Value, kernel: readonly number[], options: SpatialOptions = {}): Value => {
    const given = spatial(kernel, options);
    const { x: padded, s } = isUneven(given) ? evened(b, x, given, Number.NEGATIVE_INFINITY) : { x, s: given };
    return b.apply1(maxPoolOp, [padded], s);
  },
  { op: maxPoolOp },
);

interface AverageAttrs extends Spatial {
  /** Whether pads count as elements, of value 0. */
  readonly includePads: boolean;
}

const averagePoolOp: Op<AverageAttrs> = {
  name: 'AveragePool',
  infer: ([x], s) => {
    if (s.dilations.some((step) => step !== 1)) throw new ShapeError(`wants dilations of 1; got [${s.dilations}]`);
    return [pooledType(x!, s, shortFloats)];
  },
  vjp: (b, n, [ct]) => {
    const x = n.inputs[0]!;
    const { kernel, strides, before } = n.attrs;
    const channels = Number(x.type.shape[1]);
    const ones = b.constant(filled(x.type.dtype, [channels, 1, ...kernel], 1));
    const shared = div(b, ct!, elementCounts(b, x, n.attrs));
    const whole = convTranspose(b, shared, ones, { strides, groups: channels });
    const ranges = before.map((start, i) => {
      const end = Math.min(spatialDim(whole.type.shape, i), start + spatialDim(x.type.shape, i));
      return { start, end, step: 1 };
    });
    const cut = window(b, whole, [null, null, ...ranges]);
    const missing = ranges.map(({ start, end }, i) => spatialDim(x.type.shape, i) - (end - start));
    return [padAll(b, cut, [0, 0, ...missing.map(() => 0)], [0, 0, ...missing])];
  },
  emit: (w, n) => {
    const { dilations: _, ...attributes } = spatialAttributes(n.attrs);
    w.same(n, 'AveragePool', { ...attributes, count_include_pad: { int: n.attrs.includePads ? 1 : 0 } });
  },
};

/** The number of elements in each mean, which is the same for all batch elements and channels. */
function elementCounts(b: Builder, x: Value, s: AverageAttrs): Value {
  const { kernel, strides, before, includePads } = s;
  if (includePads) return b.scalar(x.type.dtype, sizeOf(kernel));
  const dims = convolvedDims(x.type.shape, s);
  // The number of kernel positions within the input, along each axis. The count of a window is their product.
  const along = dims.map((count, i) =>
    Array.from({ length: count }, (_, position) => {
      const first = position * strides[i]! - before[i]!;
      return Math.min(first + kernel[i]!, spatialDim(x.type.shape, i)) - Math.max(first, 0);
    }),
  );
  const counts = along.reduce<number[]>((list, axis) => list.flatMap((n) => axis.map((m) => n * m)), [1]);
  return b.constant(tensorFrom(x.type.dtype, [1, 1, ...dims], counts));
}

/**
 * The mean under a kernel that moves over x [batch, channels, ...spatial].
 * @param includePads whether pads count as elements of value 0 (as in PyTorch). By default they do not count
 * @throws ShapeError
 */
export const averagePool = Object.assign(
  (
    b: Builder,
    x: Value,
    kernel: readonly number[],
    options: SpatialOptions & { includePads?: boolean } = {},
  ): Value => {
    const given = { ...spatial(kernel, options), includePads: options.includePads ?? false };
    if (!isUneven(given)) return b.apply1(averagePoolOp, [x], given);
    const { x: padded, s } = evened(b, x, given, 0);
    const mean = b.apply1(averagePoolOp, [padded], { ...s, includePads: true });
    return given.includePads ? mean : div(b, mul(b, mean, sizeOf(kernel)), elementCounts(b, x, given));
  },
  { op: averagePoolOp },
);

/** The mean over all spatial axes, which stay with size 1. */
export function globalAveragePool(b: Builder, x: Value): Value {
  return reduceMean(b, x, { axes: spatialAxes(x), keepDims: true });
}

/** The maximum over all spatial axes, which stay with size 1. */
export function globalMaxPool(b: Builder, x: Value): Value {
  return reduceMax(b, x, { axes: spatialAxes(x), keepDims: true });
}

function spatialAxes(x: Value): number[] {
  return x.type.shape.slice(2).map((_, i) => i + 2);
}
