/** Images in graphs: from packed bytes or numbers to a network's input. */
import type { Builder, Value } from '#engine/graph.ts';
import { isNan } from '#engine/ops/compare.ts';
import { add, div, floor, mul, sub } from '#engine/ops/elementwise.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { reshape, unsqueeze } from '#engine/ops/movement.ts';
import { cast, where } from '#engine/ops/select.ts';
import { tensorFrom } from '#engine/tensor.ts';
import type { Values } from '#engine/training/network.ts';
import { type Type, type } from '#engine/type.ts';
import { LUMA } from './pixels.ts';
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

export interface Seen {
  /** Of what is given. */
  readonly shape: ImageShape;
  readonly values: PixelValues;
  /** Of the channels that are given, or of grey where those become it. */
  readonly scale: ChannelScale;
  /** Of the network. */
  readonly channels: number;
}

/**
 * From `pixels`, as `pixelTypes` has them, or from `image`, which is not packed, to the network's input, float32 [rows,
 * channels, height, width]. A missing number becomes the mean. Grey images become three equal channels, and colours grey, as
 * Pillow converts them.
 */
export function seen(b: Builder, { pixels, image }: Values, { shape, values, scale, channels }: Seen): Value {
  const [given, height, width] = shape;
  const rows = (image ?? pixels!).type.shape[0]!;
  const flat = image ?? (pixels!.type.dtype === 'int32' ? unpacked(b, pixels!, given * height * width) : pixels!);
  const all = reshape(b, flat, [rows, given, height, width]);
  const x = channels < given ? grey(b, all, values) : all;
  const vector = (of: readonly number[]): Value => b.constant(tensorFrom('float32', [of.length, 1, 1], of));
  const standard = div(b, sub(b, x, vector(scale.mean)), vector(scale.deviation));
  const known = where(b, isNan(b, x), 0, standard);
  return channels > given ? concat(b, new Array<Value>(channels).fill(known), 1) : known;
}

/** Of whole numbers up to 255, each step is exact in 32 bits. */
function grey(b: Builder, x: Value, values: PixelValues): Value {
  const parts = [LUMA.red, LUMA.green, LUMA.blue].map((part, c) => mul(b, slice(b, x, 1, c, c + 1), part));
  const sum = parts.reduce((one, other) => add(b, one, other));
  return values === 'bytes' ? floor(b, mul(b, add(b, sum, LUMA.half), 1 / LUMA.one)) : mul(b, sum, 1 / LUMA.one);
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
