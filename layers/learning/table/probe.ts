/** Rows that never were, with which an exported model is tried: every kind of cell that it must read. */
import { type Tensor, tensor } from '#engine/tensor.ts';
import type { Probe } from '../files/verify.ts';
import type { Column } from './columns.ts';
import { encodeRows } from './encode.ts';
import type { Encoder } from './encoder.ts';
import type { TableEncoding } from './encoding.ts';

const ROWS = 64;
/** In deviations from the mean: most values of a column lie between. */
const SPREAD = 2;
/** Which rows miss a cell, or have a word that the training rows had not: no two columns miss the same ones. */
const EVERY = { missing: 7, unseen: 11 };
const UNSEEN = 'a word that no training row has';

export function probe({ encoder, served: { features } }: TableEncoding): Probe {
  const columns = encoder.features.map(probeColumn);
  const raw = columns.map((column, i): [string, Tensor] => [features[i]!.input, rawOf(column)]);
  const which = Int32Array.from({ length: ROWS }, (_, row) => row);
  const rows = {
    count: ROWS,
    columns,
    target: { task: 'regression', values: new Float64Array(ROWS) },
    leftOut: [],
  } as const;
  return { raw: Object.fromEntries(raw), encoded: encodeRows(rows, encoder, which) };
}

function probeColumn(feature: Encoder['features'][number], at: number): Column {
  const isMissing = (row: number) => (row + at) % EVERY.missing === 0;
  if ('mean' in feature) {
    const { name, type, mean, deviation } = feature;
    const values = Float64Array.from({ length: ROWS }, (_, row) =>
      isMissing(row) ? Number.NaN : mean + deviation * SPREAD * Math.sin(row * (at + 1)),
    );
    return { kind: 'numbers', name, type, values };
  }
  const { name, type } = feature;
  const words = type === 'boolean' ? feature.words : [...feature.words, UNSEEN];
  const values = Int32Array.from({ length: ROWS }, (_, row) => {
    if (isMissing(row)) return -1;
    return (row + at) % EVERY.unseen === 0 ? words.length - 1 : (row * (at + 1)) % words.length;
  });
  return { kind: 'words', name, type, words, values };
}

function rawOf(column: Column): Tensor {
  if (column.kind === 'numbers') return tensor('float64', [ROWS, 1], column.values);
  return tensor(
    'string',
    [ROWS, 1],
    Array.from(column.values, (code) => (code < 0 ? '' : column.words[code]!)),
  );
}
