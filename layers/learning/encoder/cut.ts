/** What is left of a text that is too long, and the pieces in which all of it is read. */
import type { Truncation } from '#zoo/text-hyperparameters.ts';

/** The tokens that are left of a text: its beginning, its end, or half of each. */
export function truncated(ids: readonly number[], most: number, truncation: Truncation): number[] {
  if (ids.length <= most) return [...ids];
  if (truncation === 'head') return ids.slice(0, most);
  if (truncation === 'tail') return ids.slice(ids.length - most);
  const head = Math.ceil(most / 2);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (most - head))];
}

/** All of a text in pieces of at most so many tokens, each of which begins with the end of the one before. */
export function piecesOf<T extends Sliceable<T>>(ids: T, most: number, overlap: number): T[] {
  const pieces = [ids.slice(0, most)];
  for (let end = most; end < ids.length; ) {
    const start = end - overlap;
    end = start + most;
    pieces.push(ids.slice(start, end));
  }
  return pieces;
}

interface Sliceable<T> {
  readonly length: number;
  slice(start: number, end: number): T;
}
