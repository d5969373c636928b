/** What is left of a text that is too long, and the pieces in which all of it is read. */
import type { Truncation } from '#zoo/text-hyperparameters.ts';

/** The tokens that are left of a text: its beginning, its end, or half of each. */
export function truncated(ids: readonly number[], most: number, truncation: Exclude<Truncation, 'random'>): number[] {
  if (ids.length <= most) return [...ids];
  if (truncation === 'head') return ids.slice(0, most);
  if (truncation === 'tail') return ids.slice(ids.length - most);
  const head = Math.ceil(most / 2);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (most - head))];
}

/** How long pieces are, and how much of the one before each has at its beginning. */
export interface Cut {
  readonly most: number;
  readonly overlap: number;
}

/** How many pieces there are of a text of so many tokens: one at least. */
export const pieceCount = (tokens: number, { most, overlap }: Cut): number =>
  tokens <= most ? 1 : 1 + Math.ceil((tokens - most) / (most - overlap));

/** One of the pieces of a text, counted from 0. */
export function pieceAt<T extends Sliceable<T>>(ids: T, place: number, { most, overlap }: Cut): T {
  const start = place * (most - overlap);
  return ids.slice(start, start + most);
}

/** All of a text in pieces. */
export const piecesOf = <T extends Sliceable<T>>(ids: T, cut: Cut): T[] =>
  Array.from({ length: pieceCount(ids.length, cut) }, (_, place) => pieceAt(ids, place, cut));

interface Sliceable<T> {
  readonly length: number;
  slice(start: number, end: number): T;
}
