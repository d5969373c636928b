import { createHash } from 'node:crypto';
import type { Builder, Value } from '../graph.ts';
import { ShapeError, sizeOf, staticShape } from '../type.ts';
import { less } from './compare.ts';
import { add, div, mod, mul } from './elementwise.ts';
import { reshape } from './movement.ts';
import { cast } from './select.ts';

/** A Mersenne prime: products of two residues stay below 2⁶², so int64 arithmetic is exact on every device. */
export const PRIME = 2 ** 31 - 1;

/** Where a stream of random numbers comes from: the same four give the same numbers, on any device and after a resume. */
export interface RandomSource {
  readonly seed: number;
  /** The training step, an int64 scalar. */
  readonly step: Value;
  /** Which use in the model: two layers must not share their masks. */
  readonly stream: string;
}

/**
 * Uniform integers below `PRIME`, int64, of a shape known in advance, as a function of (seed, step, position).
 *
 * Each position's sum of a row key, a column key and the step's key goes through two rounds of x ↦ (x + k)⁵ mod p.
 * The fifth power permutes the residues, since 5 does not divide p − 1; the construction is that of MiMC (Albrecht et
 * al. 2016) with few rounds, as it only has to look random. Integer arithmetic needs no kernel that a GPU lacks, while
 * shifts and exclusive or do.
 */
export function randomBits(b: Builder, shape: readonly number[], { seed, step, stream }: RandomSource): Value {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape.slice(0, -1));
  const keys = (name: string, count: number) => residues(`${seed}\n${stream}\n${name}`, count);
  const constant = (values: BigInt64Array, dims: number[]) => b.constant({ dtype: 'int64', shape: dims, data: values });
  const [k0, k1, k2] = keys('rounds', 3).values().map(Number).toArray() as [number, number, number];
  const position = add(b, constant(keys('rows', rows), [rows, 1]), constant(keys('columns', columns), [1, columns]));
  const stepKey = permute(b, permute(b, step, k0), k1);
  return reshape(b, permute(b, permute(b, add(b, position, stepKey), k1), k2), shape);
}

/** (x + key)⁵ mod p. */
function permute(b: Builder, x: Value, key: number): Value {
  const base = mod(b, add(b, x, key), PRIME);
  const square = mod(b, mul(b, base, base), PRIME);
  return mod(b, mul(b, mod(b, mul(b, square, square), PRIME), base), PRIME);
}

/** Residues drawn from SHA-256 in counter mode. */
export function residues(name: string, count: number): BigInt64Array {
  const values = new BigInt64Array(count);
  for (let i = 0; i < count; i += 4) {
    const digest = createHash('sha256').update(`${name}\n${i}`).digest();
    for (let j = 0; j < 4 && i + j < count; j++) values[i + j] = digest.readBigUInt64LE(j * 8) % BigInt(PRIME);
  }
  return values;
}

/**
 * Sets each element to 0 with probability `rate` and scales the others by 1 / (1 − rate).
 * @throws ShapeError if the rate is not in [0, 1) or the shape is not known in advance
 */
export function dropout(b: Builder, x: Value, rate: number, source: RandomSource): Value {
  if (!(rate >= 0 && rate < 1)) throw new ShapeError(`dropout rate must be at least 0 and below 1; got ${rate}`);
  if (rate === 0) return x;
  const bits = randomBits(b, staticShape(x.type.shape), source);
  const keep = cast(b, less(b, bits, Math.floor((1 - rate) * PRIME)), x.type.dtype);
  return mul(b, x, div(b, keep, 1 - rate));
}
