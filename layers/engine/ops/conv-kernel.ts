import type { Builder, Value } from '../graph.ts';
import { sizeOf, staticShape } from '../type.ts';
import { concat } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { reshape, transpose } from './movement.ts';
import { reduceSum } from './reduce.ts';
import type { Spatial } from './spatial.ts';
import { window } from './window.ts';

/** Numbers that the taps of a kernel may hold together before each gets a product of its own: 128 MiB of float32. */
const JOINED_LIMIT = 2 ** 25;

interface Grouped extends Spatial {
  readonly groups: number;
}

/**
 * The gradient of a convolution by its kernel [out, in / groups, ...kernel], which is also that of the transposed
 * convolution: from the padded image [batch, in, ...spatial] and, for each position of the kernel, what the output's
 * cotangent [batch, out, ...positions] met there.
 *
 *     dw[:, :, i, j] = Σ over batch and positions of  ct · image shifted by (i, j)
 *
 * One matrix product: ct as [out, N] times all shifted images as [taps · in, N] transposed, N = batch · positions.
 * A convolution with swapped axes takes two to six times as long on a CPU. Where the shifted images together have more
 * numbers than `limit`, each tap gets a product of its own. Where kernels are small beside images, a product for each
 * image and a sum over them takes less time, because no axes have to be swapped.
 */
export function convKernelGradient(b: Builder, image: Value, ct: Value, s: Grouped, limit = JOINED_LIMIT): Value {
  const [batch, inputs] = staticShape(image.type.shape) as [number, number];
  const [, outputs, ...positions] = staticShape(ct.type.shape) as [number, number, ...number[]];
  const of: Sizes = { batch, inputs, outputs, positions: sizeOf(positions) };
  const taps = (source: Value): Value[] =>
    tapsOf(s.kernel).map((tap) => {
      const ranges = tap.map((at, i) => {
        const start = at * s.dilations[i]!;
        return { start, end: start + (positions[i]! - 1) * s.strides[i]! + 1, step: s.strides[i]! };
      });
      return window(b, source, [null, null, ...ranges]);
    });
  const isJoined = sizeOf(s.kernel) * inputs * batch * of.positions <= limit;
  const gradient = isJoined && isSmall(of, s) ? imageByImage : allImages;
  return gradient(b, { image, ct, taps, isJoined }, of, s);
}

interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** The product of the axes of the cotangent's positions. */
  readonly positions: number;
}

interface Correlated {
  readonly image: Value;
  readonly ct: Value;
  /** What each tap of the kernel meets of a value with the axes of the image. */
  readonly taps: (source: Value) => Value[];
  readonly isJoined: boolean;
}

/** Whether a gradient for each image is less than what would be copied to have all images side by side. */
const isSmall = ({ inputs, outputs, positions }: Sizes, { kernel, groups }: Grouped): boolean =>
  (2 * outputs * inputs * sizeOf(kernel)) / groups <= (outputs + inputs) * positions;

function allImages(b: Builder, { image, ct, taps, isJoined }: Correlated, of: Sizes, s: Grouped): Value {
  const { inputs, outputs } = of;
  const { groups: g, kernel } = s;
  const n = of.batch * of.positions;
  const channelsFirst = (x: Value) => transpose(b, x, [1, 0, ...kernel.map((_, i) => i + 2)]);
  const rows = (x: Value, channels: number) => reshape(b, x, g === 1 ? [channels, n] : [g, channels / g, n]);
  const left = rows(channelsFirst(ct), outputs);
  const shifted = taps(channelsFirst(image)).map((tap) => rows(tap, inputs));
  const product = (right: Value) =>
    g === 1 ? gemm(b, left, right, undefined, { transY: true }) : matMul(b, left, transpose(b, right));
  const channelAxis = g === 1 ? 0 : 1;
  // Either way [groups, out / groups, taps · in / groups].
  const products = isJoined
    ? product(concat(b, shifted, channelAxis))
    : concat(b, shifted.map(product), channelAxis + 1);
  const apart = reshape(b, products, [outputs, ...kernel, inputs / g]);
  return transpose(b, apart, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
}

/** The longer side comes first: a product of matrices copies the second one when it is transposed. */
function imageByImage(b: Builder, { image, ct, taps }: Correlated, of: Sizes, s: Grouped): Value {
  const { batch, inputs, outputs, positions } = of;
  const { groups: g, kernel } = s;
  const rows = (x: Value, channels: number) => reshape(b, x, [batch, g, channels / g, positions]);
  const left = rows(ct, outputs);
  const right = concat(
    b,
    taps(image).map((tap) => rows(tap, inputs)),
    2,
  );
  const sum = (x: Value, y: Value) => reduceSum(b, matMul(b, x, transpose(b, y)), { axes: [0] });
  const width = inputs / g;
  const spatial = kernel.map((_, i) => i + 2);
  if (sizeOf(kernel) * inputs <= outputs) {
    const apart = reshape(b, sum(left, right), [outputs, ...kernel, width]);
    return transpose(b, apart, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
  }
  const apart = reshape(b, sum(right, left), [g, ...kernel, width, outputs / g]);
  const order = [0, kernel.length + 2, kernel.length + 1, ...spatial.map((axis) => axis - 1)];
  return reshape(b, transpose(b, apart, order), [outputs, width, ...kernel]);
}

/** Every position in a kernel, the last axis fastest. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}
