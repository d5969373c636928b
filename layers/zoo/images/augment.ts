/** Random flips and crops of the images of a batch, each image its own: only while a network learns. */
import type { Builder, Value } from '#engine/graph.ts';
import { equal, less } from '#engine/ops/compare.ts';
import { add, mod, neg, sub } from '#engine/ops/elementwise.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { reshape, transpose } from '#engine/ops/movement.ts';
import { PRIME, type RandomSource, randomBits } from '#engine/ops/random.ts';
import { cast, where } from '#engine/ops/select.ts';
import { tensor } from '#engine/tensor.ts';
import { staticShape } from '#engine/type.ts';

export interface Augmentation {
  /** Whether half of the images are mirrored, left to right. */
  readonly flip: boolean;
  /** The most pixels by which an image is moved in each direction. What it leaves free is 0, the mean. */
  readonly shift: number;
}

/**
 * x [batch, channels, height, width] with each image moved and mirrored at random. A row of the result is a row of the
 * image times a matrix that picks, for each pixel, the one that comes there: 1 where that lies within the image.
 */
export function augmented(b: Builder, x: Value, { flip, shift }: Augmentation, source: RandomSource): Value {
  if (!flip && shift === 0) return x;
  const [batch, , height, width] = staticShape(x.type.shape) as [number, number, number, number];
  const stream = (name: string): RandomSource => ({ ...source, stream: `${source.stream} ${name}` });
  const across = moved(b, batch, width, shift, stream('across'));
  const columns = flip ? mirrored(b, across, batch, width, stream('flip')) : across;
  const picked = matMul(b, x, picking(b, columns, batch, width));
  if (shift === 0) return picked;
  const rows = picking(b, moved(b, batch, height, shift, stream('down')), batch, height);
  return matMul(b, transpose(b, rows, [0, 1, 3, 2]), picked);
}

/** For each pixel of a side, where it comes from: int64 [batch, size]. */
function moved(b: Builder, batch: number, size: number, shift: number, source: RandomSource): Value {
  const places = b.constant(
    tensor(
      'int64',
      [1, size],
      BigInt64Array.from({ length: size }, (_, i) => BigInt(i)),
    ),
  );
  const offsets = sub(b, mod(b, randomBits(b, [batch, 1], source), 2 * shift + 1), shift);
  return add(b, places, offsets);
}

function mirrored(b: Builder, places: Value, batch: number, size: number, source: RandomSource): Value {
  const isFlipped = less(b, randomBits(b, [batch, 1], source), Math.floor(PRIME / 2));
  return where(b, isFlipped, add(b, neg(b, places), size - 1), places);
}

/** From places int64 [batch, size] to matrices float32 [batch, 1, size, size] that pick them, by columns. */
function picking(b: Builder, places: Value, batch: number, size: number): Value {
  const all = b.constant(
    tensor(
      'int64',
      [1, size, 1],
      BigInt64Array.from({ length: size }, (_, i) => BigInt(i)),
    ),
  );
  const isPicked = equal(b, all, reshape(b, places, [batch, 1, size]));
  return reshape(b, cast(b, isPicked, 'float32'), [batch, 1, size, size]);
}
