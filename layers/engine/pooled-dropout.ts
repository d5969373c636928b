import type { Builder, Value } from './graph.ts';
import { add, mod, mul } from './ops/elementwise.ts';
import { gather } from './ops/indexing.ts';
import { reshape } from './ops/movement.ts';
import { dropout, type RandomSource, residues } from './ops/random.ts';
import { filled } from './tensor.ts';
import { sizeOf, staticShape } from './type.ts';

/** Numbers of a pool of random rows: drawing so many takes a few milliseconds. */
const POOL_NUMBERS = 2 ** 20;

/**
 * Like `dropout`, for large tensors, most of whose time drawing the masks would take. A step draws a pool of random rows; each
 * row of x along its last axis has one of them as its mask. Which one depends on the stream, so that layers do not have the
 * same masks at the same rows. A tensor that is not larger than the pool has masks of its own, as in `dropout`.
 * @throws ShapeError as `dropout`
 */
export function pooledDropout(b: Builder, x: Value, rate: number, source: RandomSource): Value {
  const shape = staticShape(x.type.shape);
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape.slice(0, -1));
  const pooled = 2 ** Math.floor(Math.log2(Math.max(1, POOL_NUMBERS / Math.max(1, columns))));
  if (rate === 0 || rows <= pooled) return dropout(b, x, rate, source);
  const ones = b.constant(filled(x.type.dtype, [pooled, columns], 1));
  const masks = dropout(b, ones, rate, { ...source, stream: `pool of ${columns}` });
  // An odd factor permutes the rows of the pool.
  const [factor, first] = residues(`${source.seed}\n${source.stream}\nplaces`, 2);
  const places = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row));
  const numbers = b.constant({ dtype: 'int64', shape: [rows], data: places });
  const multiple = mul(b, numbers, Number(factor! | 1n) % pooled);
  const chosen = mod(b, add(b, multiple, Number(first!) % pooled), pooled);
  return mul(b, x, reshape(b, gather(b, masks, chosen), shape));
}
