/**
 * The vectors of the tokens that some steps need, out of the vocabulary's table: a step's gradient is zero for all others, so
 * that only these go through the runtime.
 */
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { State } from '#engine/training/state.ts';
import { NO_TOKEN } from '#zoo/encoders/network.ts';

/** Identifiers in the order of their first occurrence, and the texts with the places of these in theirs. */
export interface LocalTokens {
  readonly tokens: Int32Array;
  readonly local: Int32Array;
}

export function localTokens(ids: Int32Array): LocalTokens {
  const places = new Map<number, number>();
  const local = ids.map((id) => {
    if (id === NO_TOKEN) return NO_TOKEN;
    const known = places.get(id);
    if (known !== undefined) return known;
    places.set(id, places.size);
    return places.size - 1;
  });
  return { tokens: Int32Array.from(places.keys()), local };
}

/** Of each of the tables (by the keys of a state) the rows of some tokens, in tables of so many rows; the rest is 0. */
export function takeRows(state: State, keys: readonly string[], tokens: Int32Array, rows: number): Tensors {
  return Object.fromEntries(
    keys.map((key) => {
      const { shape, data } = expectTensor(key, state[key], 'float32');
      const width = shape[1]!;
      const taken = new Float32Array(rows * width);
      for (const [row, token] of tokens.entries()) {
        taken.set(data.subarray(token * width, (token + 1) * width), row * width);
      }
      return [key, tensor('float32', [rows, width], taken)];
    }),
  );
}

/**
 * The tables with those rows put back.
 * @param own whether the tables may be changed. Otherwise they stay as they are, and are copied
 */
export function putRows(
  state: State,
  keys: readonly string[],
  tokens: Int32Array,
  { taken, own }: { readonly taken: State; readonly own: boolean },
): Tensors {
  return Object.fromEntries(
    keys.map((key) => {
      const { shape, data } = expectTensor(key, state[key], 'float32');
      const from = expectTensor(key, taken[key], 'float32').data;
      const width = shape[1]!;
      const table = own ? data : data.slice();
      for (const [row, token] of tokens.entries()) {
        table.set(from.subarray(row * width, (row + 1) * width), token * width);
      }
      return [key, tensor('float32', shape, table)];
    }),
  );
}
