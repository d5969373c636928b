/** Computes the columns of a network's input from the cells of the features. */
import { expectTensor, type Tensors, tensor } from '../../../tensor.ts';
import type { Column, Columns } from './columns.ts';

/** Writes its columns into rows of so many numbers. */
type Fill = (feeds: Tensors, into: Float32Array, width: number) => void;

/**
 * `undefined` where a column is none that a network takes. What is made of one row is made over for the next: it is to be run
 * at once.
 */
export function encoderOf(name: string, { of: columns }: Columns): ((feeds: Tensors) => Tensors) | undefined {
  const fills: Fill[] = [];
  const hot = new Map<Codes, Map<number, number>>();
  for (const [at, column] of columns.entries()) {
    if (column.kind === 'equal') {
      const places = hot.get(column.codes) ?? new Map<number, number>();
      if (places.size === 0) {
        hot.set(column.codes, places);
        fills.push(fillOnes(column, places));
      }
      // A code that has several columns is none of ours.
      if (places.has(column.code)) return undefined;
      places.set(column.code, at);
      continue;
    }
    const fill = fillOf(column, at);
    if (!fill) return undefined;
    fills.push(fill);
  }
  const width = columns.length;
  const single = { [name]: tensor('float32', [1, width], new Float32Array(new ArrayBuffer(4 * width))) };
  return (feeds) => {
    const rows = Object.values(feeds)[0]?.shape[0] ?? 0;
    const made = rows === 1 ? single : { [name]: tensor('float32', [rows, width], new Float32Array(rows * width)) };
    const into = made[name]!.data.fill(0);
    for (const fill of fills) fill(feeds, into, width);
    return made;
  };
}

type Codes = Extract<Column, { kind: 'equal' }>['codes'];

function fillOf(column: Column, at: number): Fill | undefined {
  const { kind, input } = column;
  if (kind === 'number') {
    const { mean, deviation } = column;
    return (feeds, into, width) => {
      const { data } = expectTensor(input, feeds[input], 'float64');
      for (let row = 0, to = at; row < data.length; row++, to += width) {
        const cell = data[row]!;
        into[to] = Number.isNaN(cell) ? 0 : (cell - mean) / deviation;
      }
    };
  }
  if (kind === 'missing') {
    return (feeds, into, width) => {
      const { data } = expectTensor(input, feeds[input], 'float64');
      for (let row = 0; row < data.length; row++) if (Number.isNaN(data[row]!)) into[row * width + at] = 1;
    };
  }
  if (kind === 'code') {
    const { codes, unknown } = column;
    return (feeds, into, width) => {
      const { data } = expectTensor(input, feeds[input], 'string');
      for (let row = 0; row < data.length; row++) into[row * width + at] = codes.get(data[row]!) ?? unknown;
    };
  }
  return undefined;
}

/** A one in the column of each code, where it has one. */
function fillOnes(
  { input, codes, unknown }: Extract<Column, { kind: 'equal' }>,
  places: ReadonlyMap<number, number>,
): Fill {
  return (feeds, into, width) => {
    const { data } = expectTensor(input, feeds[input], 'string');
    for (let row = 0; row < data.length; row++) {
      const at = places.get(codes.get(data[row]!) ?? unknown);
      if (at !== undefined) into[row * width + at] = 1;
    }
  };
}
