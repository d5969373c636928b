/** Splits labelled texts into those that are learned from and those that the model is judged by. */
import { uniformStream } from '#engine/random.ts';
import { shuffle } from '#engine/shuffle.ts';
import { type Split, splitRows } from '../table/split.ts';

export interface TextSplit extends Pick<Split, 'training' | 'validation'> {
  /** What was kept back: whole sources, or rows. */
  readonly by: 'source' | 'row';
}

export interface SplitSpec {
  readonly labels: readonly string[];
  /** The place of each row's label. */
  readonly codes: Int32Array;
  /** Of each row, where it says. */
  readonly sources: readonly (string | undefined)[];
  /** The share of rows for validation, 0–0.9. */
  readonly fraction: number;
  readonly seed: number;
}

/**
 * Where all rows have a source, whole sources are kept back, because texts of one source are alike: as many as it takes for
 * the share of rows, but none without which a label could not be learned. Where that leaves nothing to keep back, rows are
 * chosen at random, the same share of each label.
 */
export function splitTexts(spec: SplitSpec): TextSplit {
  return bySource(spec) ?? { ...byRow(spec), by: 'row' };
}

const byRow = ({ labels, codes, fraction, seed }: SplitSpec): Split =>
  splitRows({ task: 'classification', classes: labels, values: codes }, { validation: fraction }, seed);

function bySource({ labels, codes, sources, fraction, seed }: SplitSpec): TextSplit | undefined {
  const rows = Map.groupBy(codes.keys(), (row) => sources[row]);
  if (fraction === 0 || rows.size < 2 || rows.has(undefined)) return undefined;
  const left = labels.map((_, label) => codes.filter((code) => code === label).length);
  const wanted = Math.round(codes.length * fraction);
  const validation: number[] = [];
  for (const name of shuffledNames([...rows.keys()] as string[], seed)) {
    const own = rows.get(name)!;
    const counts = labels.map((_, label) => own.filter((row) => codes[row] === label).length);
    const exhausts = counts.some((count, label) => count > 0 && count === left[label]);
    if (exhausts || validation.length + own.length > wanted + own.length / 2) continue;
    validation.push(...own);
    for (const [label, count] of counts.entries()) left[label]! -= count;
  }
  if (validation.length === 0) return undefined;
  const isValidation = new Set(validation);
  const all = Int32Array.from(codes.keys());
  return {
    training: all.filter((row) => !isValidation.has(row)),
    validation: all.filter((row) => isValidation.has(row)),
    by: 'source',
  };
}

/** The same seed gives the same order, whatever order the file has. */
function shuffledNames(names: readonly string[], seed: number): string[] {
  const order = Int32Array.from(names.keys());
  shuffle(order, uniformStream(seed, 'sources kept back'));
  const sorted = names.toSorted();
  return Array.from(order, (place) => sorted[place]!);
}
