import type { Builder, Value } from '../graph.ts';
import { sizeOf, staticShape } from '../type.ts';
import { concat } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { reshape, transpose } from './movement.ts';
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
 * numbers than `limit`, each tap gets a product of its own.
 */
export function convKernelGradient(b: Builder, image: Value, ct: Value, s: Grouped, limit = JOINED_LIMIT): Value {
  const [batch, inputs] = staticShape(image.type.shape) as [number, number];
  const [, outputs, ...positions] = staticShape(ct.type.shape) as [number, number, ...number[]];
  const { groups: g, kernel } = s;
  const n = batch * sizeOf(positions);
  const channelsFirst = (x: Value) => transpose(b, x, [1, 0, ...kernel.map((_, i) => i + 2)]);
  const left = reshape(b, channelsFirst(ct), g === 1 ? [outputs, n] : [g, outputs / g, n]);
  const source = channelsFirst(image);
  const taps = tapsOf(kernel).map((tap) => {
    const ranges = tap.map((at, i) => {
      const start = at * s.dilations[i]!;
      return { start, end: start + (positions[i]! - 1) * s.strides[i]! + 1, step: s.strides[i]! };
    });
    return reshape(b, window(b, source, [null, null, ...ranges]), g === 1 ? [inputs, n] : [g, inputs / g, n]);
  });
  const product = (right: Value) =>
    g === 1 ? gemm(b, left, right, undefined, { transY: true }) : matMul(b, left, transpose(b, right));
  const channelAxis = g === 1 ? 0 : 1;
  const joined = taps.length * inputs * n <= limit;
  // Either way [groups, out / groups, taps · in / groups].
  const products = joined ? product(concat(b, taps, channelAxis)) : concat(b, taps.map(product), channelAxis + 1);
  const apart = reshape(b, products, [outputs, ...kernel, inputs / g]);
  return transpose(b, apart, [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)]);
}

/** Every position in a kernel, the last axis fastest. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}
