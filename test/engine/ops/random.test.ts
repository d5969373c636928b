import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { pooledDropout } from '#engine/pooled-dropout.ts';
import { filled, scalar, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes } from './arbitraries.ts';

const SHAPE = [128, 64];

async function mask(seed: number, step: number, stream: string, rate = 0.25): Promise<number[]> {
  const { y } = await evaluate([filled('float32', SHAPE, 1), scalar('int64', step)], (b, [x, step]) => ({
    y: ops.dropout(b, x!, rate, { seed, step: step!, stream }),
  }));
  return toNumbers(y!);
}

/** Correlation of two masks, each element 0 or 1. */
function correlation(p: readonly number[], q: readonly number[]): number {
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const [mp, mq] = [mean(p), mean(q)];
  const covariance = mean(p.map((x, i) => (x - mp) * (q[i]! - mq)));
  return covariance / Math.sqrt(mean(p.map((x) => (x - mp) ** 2)) * mean(q.map((x) => (x - mq) ** 2)));
}

/** Four standard errors of a correlation over so many elements. */
const BOUND = 4 / Math.sqrt(SHAPE[0]! * SHAPE[1]!);

/** The first `count` residues of a stream: SHA-256 in counter mode, four 64-bit words a digest. */
function residues(name: string, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => {
    const digest = createHash('sha256')
      .update(`${name}\n${i - (i % 4)}`)
      .digest();
    return digest.readBigUInt64LE((i % 4) * 8) % BigInt(ops.PRIME);
  });
}

/** What `randomBits` is said to compute, in whole numbers without bounds. */
function bitsOf(rows: number, columns: number, seed: number, step: bigint, stream: string): number[] {
  const p = BigInt(ops.PRIME);
  const permute = (x: bigint, key: bigint) => (x + key) ** 5n % p;
  const keys = (name: string, count: number) => residues(`${seed}\n${stream}\n${name}`, count);
  const [k0, k1, k2] = keys('rounds', 3) as [bigint, bigint, bigint];
  const stepKey = permute(permute(step, k0), k1);
  return keys('rows', rows).flatMap((row) =>
    keys('columns', columns).map((column) => Number(permute(permute(row + column + stepKey, k1), k2))),
  );
}

describe('random bits', () => {
  test.each([1, 7_000_000_000])('are those of their definition, at step %d', async (step) => {
    const { bits } = await evaluate([scalar('int64', step)], (b, [step]) => ({
      bits: ops.randomBits(b, [3, 2, 7], { seed: 9, step: step!, stream: 's' }),
    }));
    expect(bits!.shape).toEqual([3, 2, 7]);
    expect(toNumbers(bits!)).toEqual(bitsOf(6, 7, 9, BigInt(step), 's'));
  });

  test('decide what dropout keeps: what is below the rate’s bound, which itself is dropped', async () => {
    const bits = bitsOf(1, 8, 9, 1n, 's');
    const bound = bits[3]!;
    const rate = 1 - (bound + 0.5) / ops.PRIME;
    const x = random(1, [8], 1, 2);
    const { y } = await evaluate([x], (b, [x]) => ({
      y: ops.dropout(b, x!, rate, { seed: 9, step: b.scalar('int64', 1), stream: 's' }),
    }));
    const wanted = toNumbers(x).map((value, i) => (bits[i]! < bound ? value / (1 - rate) : 0));
    for (const [i, value] of wanted.entries()) expect(toNumbers(y!)[i]).toBeCloseTo(value, 8);
  });
});

describe('dropout', () => {
  test('drops about the asked share and scales the rest so that the mean stays', async () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const values = await mask(1, 1, 'hidden.0', rate);
      const kept = values.filter((x) => x !== 0);
      for (const value of kept) expect(value).toBeCloseTo(1 / (1 - rate), 4);
      const error = Math.sqrt((rate * (1 - rate)) / values.length);
      expect(Math.abs(kept.length / values.length - (1 - rate))).toBeLessThan(4 * error);
    }
  });

  test('draws the same mask for the same seed, step and stream, and unrelated ones otherwise', async () => {
    const one = await mask(1, 7, 'hidden.0');
    expect(await mask(1, 7, 'hidden.0')).toEqual(one);
    for (const other of [await mask(2, 7, 'hidden.0'), await mask(1, 8, 'hidden.0'), await mask(1, 7, 'hidden.1')])
      expect(Math.abs(correlation(one, other))).toBeLessThan(BOUND);
  });

  test('has neighbours, rows and columns that do not depend on each other', async () => {
    const one = await mask(3, 100, 'x', 0.5);
    for (const distance of [1, 2, 63, 64, 65, 128])
      expect(Math.abs(correlation(one.slice(distance), one.slice(0, -distance)))).toBeLessThan(BOUND * 1.1);
    const rows = Array.from({ length: 128 }, (_, i) => one.slice(i * 64, i * 64 + 64).filter(Boolean).length);
    // 64 fair coins: a row beyond 32 ± 18 would be 4.5 standard deviations out.
    expect(Math.min(...rows)).toBeGreaterThan(14);
    expect(Math.max(...rows)).toBeLessThan(50);
  });

  test('is drawn from residues of the prime', async () => {
    const { bits } = await evaluate([scalar('int64', 5)], (b, [step]) => ({
      bits: ops.randomBits(b, [64, 64], { seed: 9, step: step!, stream: 's' }),
    }));
    const values = toNumbers(bits!);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(ops.PRIME);
    // 4096 draws from 2³¹: about four pairs in a thousand runs would be expected to meet.
    expect(new Set(values).size).toBeGreaterThan(4092);
  });

  test('passes the gradient where it passed the value', async () => {
    const property = fc.asyncProperty(shapes(0, 3), fc.constantFrom(0.1, 0.5, 0.9), seeds, (shape, rate, seed) =>
      checkGradients([random(seed, shape)], (b, [x]) =>
        ops.sin(b, ops.dropout(b, x!, rate, { seed, step: b.scalar('int64', 1), stream: 's' })),
      ),
    );
    await fc.assert(property, settings);
  });

  test('refuses a rate that drops everything', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [2]);
    const source = { seed: 1, step: b.scalar('int64', 1), stream: 's' };
    expect(() => ops.dropout(b, x, 1, source)).toThrow('dropout rate must be at least 0 and below 1; got 1');
    expect(ops.dropout(b, x, 0, source)).toBe(x);
  });
});

describe('dropout with a pool of masks', () => {
  /** More than the pool has. */
  const LARGE = [2, 10_000, 32];
  const [PIECE, PIECES] = [64, 4093];

  async function masks(seed: number, step: number, stream: string): Promise<number[]> {
    const { y } = await evaluate([filled('float32', LARGE, 1), scalar('int64', step)], (b, [x, step]) => ({
      y: pooledDropout(b, x!, 0.25, { seed, step: step!, stream }),
    }));
    return toNumbers(y!);
  }

  const piece = (values: readonly number[], i: number) => values.slice(PIECE * i, PIECE * (i + 1));

  test('drops the share of the rate, scales what it keeps, and does the same for the same seed, step and stream', async () => {
    const found = await masks(1, 1, 'a');
    expect(new Set(found)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    const kept = found.filter((value) => value > 0).length / found.length;
    expect(Math.abs(kept - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / (PIECE * PIECES)));
    expect(await masks(1, 1, 'a')).toEqual(found);
  });

  test('has other masks at the same place in other streams, steps and seeds', async () => {
    const found = (await masks(1, 1, 'a')).map(Math.sign);
    for (const other of [await masks(1, 1, 'b'), await masks(1, 2, 'a'), await masks(2, 1, 'a')]) {
      expect(Math.abs(correlation(found, other.map(Math.sign)))).toBeLessThan(4 / Math.sqrt(PIECE * PIECES));
    }
  });

  test('gives each piece of the pool to as many pieces', async () => {
    const found = await masks(1, 1, 'a');
    const different = new Set(Array.from({ length: PIECES }, (_, i) => piece(found, i).map(Math.sign).join('')));
    expect(different.size).toBe(PIECES);
    expect(piece(found, PIECES)).toEqual(piece(found, 0));
  });

  test('has neighbouring pieces that do not depend on each other', async () => {
    const found = (await masks(1, 1, 'a')).map(Math.sign);
    for (const distance of [1, 32, PIECE, 2 * PIECE, 12 * PIECE])
      expect(Math.abs(correlation(found.slice(distance), found.slice(0, -distance)))).toBeLessThan(
        4 / Math.sqrt(PIECE * PIECES),
      );
  });

  test('is dropout where the tensor is small', async () => {
    const b = new Builder();
    const x = b.input('x', 'float32', [4, 8]);
    const source = { seed: 1, step: b.scalar('int64', 1), stream: 's' };
    const values = filled('float32', [4, 8], 1);
    const { y, z } = await evaluate([values], (b, [x]) => ({
      y: pooledDropout(b, x!, 0.5, { ...source, step: b.scalar('int64', 1) }),
      z: ops.dropout(b, x!, 0.5, { ...source, step: b.scalar('int64', 1) }),
    }));
    expect(y).toEqual(z);
    expect(pooledDropout(b, x, 0, source)).toBe(x);
  });
});
