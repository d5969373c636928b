/**
 * Shapley values, estimated by permutations (Štrumbelj and Kononenko 2014): beginning without any part, the parts are put in one
 * by one, and what each changes is its contribution, averaged over several orders and their reverses.
 *
 *     order 2, 0, 1:   base ──▶ 2 ──▶ 0, too ──▶ 1, too = the value
 */
import { uniformStream } from '#engine/random.ts';
import { shuffled } from '#engine/shuffle.ts';

/** For each part, its place in an order. */
export type Order = Int32Array;

/** Each order comes with its reverse. @param orders an even number */
export function ordersOf({ orders, parts }: { readonly orders: number; readonly parts: number }): Order[] {
  return Array.from({ length: orders / 2 }, (_, pair) => {
    const places = shuffled(parts, uniformStream(0, `explanation ${pair}`));
    return [places, places.map((place) => parts - 1 - place)];
  }).flat();
}

export interface Game {
  readonly parts: number;
  readonly orders: readonly Order[];
  /** The most values that are asked for at once. */
  readonly together: number;
  /** Without any part, and with all. */
  readonly base: number;
  readonly value: number;
  /** The value with those parts for which `isIn` holds, `count` times. */
  values(count: number, isIn: (part: number, at: number) => boolean): Promise<readonly number[]>;
}

/** The contribution of each part: with the base, they add up to the value. */
export async function shapleyValues({ parts, orders, together, base, value, values }: Game): Promise<number[]> {
  const steps = parts - 1;
  // In step k of an order, the parts at the places 0 to k are in.
  const isIn = (part: number, at: number) => orders[Math.floor(at / steps)]![part]! <= at % steps;
  const found: number[] = [];
  for (let from = 0; from < orders.length * steps; from += together) {
    const count = Math.min(together, orders.length * steps - from);
    found.push(...(await values(count, (part, at) => isIn(part, from + at))));
  }
  const at = (order: number, step: number): number => {
    if (step < 0) return base;
    return step === steps ? value : found[order * steps + step]!;
  };
  return Array.from({ length: parts }, (_, part) => {
    const sum = orders.reduce((total, places, order) => {
      const place = places[part]!;
      return total + at(order, place) - at(order, place - 1);
    }, 0);
    return sum / orders.length;
  });
}
