import type { Builder, Value } from './graph.ts';
import { mul } from './ops/elementwise.ts';
import { gather } from './ops/indexing.ts';
import { reshape } from './ops/movement.ts';
import { dropout, type RandomSource, residues } from './ops/random.ts';
import { filled, tensor } from './tensor.ts';
import { type DType, sizeOf, staticShape } from './type.ts';

/** Numbers that are masked together. */
const PIECE = 64;
/** Pieces in the pool. A prime, so that any factor permutes them, and equal pieces are rarely at the same place of rows. */
const PIECES = 4093;
/** Smaller tensors draw masks of their own: that takes less time than the pool. */
const LEAST = 2 ** 16;

/** By the step that they are drawn for. */
const pools = new WeakMap<Value, Map<string, Value>>();

/**
 * Like `dropout`, for the tensors of a large network. To draw a number takes as long as dozens of multiplications, so a step
 * draws one pool of masks, of a quarter of a million numbers, for all of them. Each piece of x, of 64 neighbours, has one
 * of the pool's. Which one depends on the stream, so that layers do not have the same masks at the same places.
 * @throws ShapeError as `dropout`
 */
export function pooledDropout(b: Builder, x: Value, rate: number, source: RandomSource): Value {
  const shape = staticShape(x.type.shape);
  const size = sizeOf(shape);
  if (rate === 0 || size < LEAST || size % PIECE !== 0) return dropout(b, x, rate, source);
  const [factor, first] = residues(`${source.seed}\n${source.stream}\npieces`, 2).values().map(Number);
  const step = 1 + (factor! % (PIECES - 1));
  const chosen = Int32Array.from(
    { length: size / PIECE },
    (_, i) => ((i % PIECES) * step + (first! % PIECES)) % PIECES,
  );
  const masks = gather(b, poolOf(b, x.type.dtype, rate, source), b.constant(tensor('int32', [chosen.length], chosen)));
  return mul(b, x, reshape(b, masks, shape));
}

function poolOf(b: Builder, dtype: DType, rate: number, source: RandomSource): Value {
  const drawn = pools.get(source.step) ?? new Map<string, Value>();
  pools.set(source.step, drawn);
  const key = `${dtype} ${rate} ${source.seed}`;
  const ones = () => b.constant(filled(dtype, [PIECES, PIECE], 1));
  const pool = drawn.get(key) ?? dropout(b, ones(), rate, { ...source, stream: 'pool' });
  drawn.set(key, pool);
  return pool;
}
