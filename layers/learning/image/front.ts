/** Images in graphs: from packed bytes or numbers to a network's input. */
import type { Builder, Value } from '#engine/graph.ts';
import { isNan } from '#engine/ops/compare.ts';
import { div, floor, mul, sub } from '#engine/ops/elementwise.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { reshape, unsqueeze } from '#engine/ops/movement.ts';
import { cast, where } from '#engine/ops/select.ts';
import { tensorFrom } from '#engine/tensor.ts';
import type { Values } from '#engine/training/network.ts';
import { type Type, type } from '#engine/type.ts';
import type { ImageShape, PixelValues } from './rows.ts';

/** Of each channel: from pixels to numbers of about 1. */
export interface ChannelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Three bytes fit exactly into a float32, so they are kept in one int32: a quarter less than one number each. */
const PER_INT = 3;

export const packedLength = (bytes: number): number => Math.ceil(bytes / PER_INT);

/** The type of encoded images. */
export function pixelTypes([channels, height, width]: ImageShape, values: PixelValues): Readonly<Record<string, Type>> {
  const size = channels * height * width;
  return values === 'bytes'
    ? { pixels: type('int32', ['rows', packedLength(size)]) }
    : { pixels: type('float32', ['rows', size]) };
}

export function packBytes(bytes: Uint8Array, into: Int32Array): void {
  for (let i = 0, at = 0; i < into.length; i++, at += PER_INT) {
    into[i] = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  }
}

/**
 * From `pixels`, as `pixelTypes` has them, or from `image`, which is not packed, to float32 [rows, channels, height,
 * width]. A missing number becomes the mean.
 */
export function standardised(b: Builder, { pixels, image }: Values, shape: ImageShape, scale: ChannelScale): Value {
  const [channels, height, width] = shape;
  const rows = (image ?? pixels!).type.shape[0]!;
  const flat = image ?? (pixels!.type.dtype === 'int32' ? unpacked(b, pixels!, channels * height * width) : pixels!);
  const x = reshape(b, flat, [rows, channels, height, width]);
  const vector = (values: readonly number[]): Value => b.constant(tensorFrom('float32', [channels, 1, 1], values));
  const standard = div(b, sub(b, x, vector(scale.mean)), vector(scale.deviation));
  return where(b, isNan(b, x), 0, standard);
}

/** Bytes [rows, size] as float32. */
function unpacked(b: Builder, packed: Value, size: number): Value {
  const x = cast(b, packed, 'float32');
  const high = floor(b, mul(b, x, 2 ** -16));
  const rest = sub(b, x, mul(b, high, 2 ** 16));
  const middle = floor(b, mul(b, rest, 2 ** -8));
  const low = sub(b, rest, mul(b, middle, 2 ** 8));
  const bytes = concat(
    b,
    [high, middle, low].map((part) => unsqueeze(b, part, [2])),
    2,
  );
  const [rows, ints] = [packed.type.shape[0]!, packedLength(size)];
  const all = reshape(b, bytes, [rows, PER_INT * ints]);
  return PER_INT * ints === size ? all : slice(b, all, 1, 0, size);
}
