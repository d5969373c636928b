import { type Dim, formatShape, type Shape, ShapeError } from '../type.ts';

/** How a kernel moves over the spatial axes, which come after batch and channels; one number a spatial axis. */
export interface Spatial {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after each spatial axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** One number for all spatial axes, or one each. */
export type PerAxis = number | readonly number[];

export interface SpatialOptions {
  readonly strides?: PerAxis;
  readonly dilations?: PerAxis;
  /** The same at both ends, unless `padsAfter` says otherwise. */
  readonly pads?: PerAxis;
  readonly padsAfter?: PerAxis;
}

/** The runtime's pools know no more axes. */
const MOST_AXES = 3;

/**
 * The options spelled out for each spatial axis.
 * @throws ShapeError if there are no axes or more than three, there is not one number an axis, or one is out of range
 */
export function spatial(kernel: readonly number[], options: SpatialOptions): Spatial {
  const { strides = 1, dilations = 1, pads = 0, padsAfter = pads } = options;
  if (kernel.length < 1 || kernel.length > MOST_AXES)
    throw new ShapeError(`wants 1 to ${MOST_AXES} spatial axes; got ${kernel.length}`);
  const spread = (name: string, value: PerAxis, least: number) => perAxis(name, value, kernel.length, least);
  return {
    kernel: spread('kernel sizes', kernel, 1),
    strides: spread('strides', strides, 1),
    dilations: spread('dilations', dilations, 1),
    before: spread('pads', pads, 0),
    after: spread('pads', padsAfter, 0),
  };
}

/**
 * The option as one integer for each of `axes` axes.
 * @throws ShapeError if there are fewer or more, or one is less than `least`
 */
export function perAxis(name: string, value: PerAxis, axes: number, least: number): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(axes).fill(value) : value;
  if (list.length === axes && list.every((one) => Number.isInteger(one) && one >= least)) return list;
  throw new ShapeError(`wants ${axes} ${name} of ${least} or more; got ${formatShape(list)}`);
}

/** How many input positions one position of the output spans, by axis. */
function extents({ kernel, dilations }: Spatial): number[] {
  return kernel.map((size, i) => (size - 1) * dilations[i]! + 1);
}

/**
 * The spatial axes of the output of a convolution or pooling over [batch, channels, ...spatial].
 * @throws ShapeError if the kernel does not fit into the padded input, or the input's spatial axes are symbolic
 */
export function convolvedDims(input: Shape, s: Spatial): number[] {
  return extents(s).map((extent, i) => {
    const padded = spatialDim(input, i) + s.before[i]! + s.after[i]!;
    if (padded < extent)
      throw new ShapeError(`wants at least ${extent} positions on spatial axis ${i}, pads included; got ${padded}`);
    return Math.floor((padded - extent) / s.strides[i]!) + 1;
  });
}

/** The spatial axes whose convolution, without pads, has at least these positions: what a transposed convolution makes. */
export function transposedDims(input: Shape, s: Spatial): number[] {
  return extents(s).map((extent, i) => Math.max(0, spatialDim(input, i) - 1) * s.strides[i]! + extent);
}

/** @throws ShapeError if spatial axis i of [batch, channels, ...spatial] is symbolic */
export function spatialDim(shape: Shape, i: number): number {
  const dim: Dim | undefined = shape[i + 2];
  if (typeof dim === 'number') return dim;
  throw new ShapeError(`wants spatial axes of sizes known in advance; got ${formatShape(shape)}`);
}

/** The attributes that ONNX has for it. */
export function spatialAttributes(s: Spatial) {
  return {
    kernel_shape: { ints: s.kernel },
    strides: { ints: s.strides },
    dilations: { ints: s.dilations },
    pads: { ints: [...s.before, ...s.after] },
  };
}
