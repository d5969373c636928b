import type { Uniform } from './random.ts';

/** Shuffles in place. Every order is equally likely (Durstenfeld 1964, Algorithm 235). */
export function shuffle(values: Int32Array, uniform: Uniform): Int32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const value = values[i]!;
    values[i] = values[j]!;
    values[j] = value;
  }
  return values;
}

/** The numbers from 0 to `count` − 1, in an order that depends only on the stream. */
export function shuffled(count: number, uniform: Uniform): Int32Array {
  return shuffle(ascending(count), uniform);
}

/** The numbers from 0 to `count` − 1. A loop, because `Int32Array.from` takes ten times as long. */
export function ascending(count: number): Int32Array {
  const values = new Int32Array(count);
  for (let i = 0; i < count; i++) values[i] = i;
  return values;
}
