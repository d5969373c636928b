/** Words of a category that a model has not learned from: it answers as if there were none, or as for all such words. */
import type { ServedFeature, Serving } from './description.ts';
import type { Input } from './input.ts';
import { wordOf } from './rows.ts';

export interface UnseenWords {
  readonly feature: string;
  rows: number;
  /** The first of them, and its row from 1. */
  readonly first: { readonly row: number; readonly value: string };
}

/** Whether a cell of the feature has a word that was never seen; of models of earlier builds nobody knows. */
export function unseenTest(feature: ServedFeature): ((cell: unknown) => boolean) | undefined {
  const { words } = feature;
  if (words === undefined) return undefined;
  const known = new Set(words);
  return (cell) => {
    if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean') return false;
    const word = wordOf(feature, cell);
    return word !== '' && !known.has(word);
  };
}

type Tests = readonly (((cell: unknown) => boolean) | undefined)[];

/** Made once for each model that is loaded. */
const made = new WeakMap<Serving, Tests>();

function testsOf(serving: Serving): Tests {
  const known = made.get(serving) ?? serving.features.map((feature) => unseenTest(feature));
  made.set(serving, known);
  return known;
}

/** By feature, in rows that the model has taken. */
export function unseenWords(serving: Serving, rows: readonly Input[]): UnseenWords[] {
  if ((serving.kind ?? 'table') !== 'table') return [];
  const found: UnseenWords[] = [];
  for (const [at, isUnseen] of testsOf(serving).entries()) {
    if (!isUnseen) continue;
    const feature = serving.features[at]!.name;
    let unseen: UnseenWords | undefined;
    for (const [i, row] of rows.entries()) {
      const cell: unknown = Array.isArray(row) ? row[at] : (row as Readonly<Record<string, unknown>>)[feature];
      if (!isUnseen(cell)) continue;
      unseen ??= { feature, rows: 0, first: { row: i + 1, value: String(cell) } };
      unseen.rows++;
    }
    if (unseen) found.push(unseen);
  }
  return found;
}
