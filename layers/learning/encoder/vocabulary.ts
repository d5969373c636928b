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

/** The rows that a change replaced, and the change after it. Without rows, it has not happened yet. */
interface Change {
  replaced?: { readonly tokens: Int32Array; readonly rows: Tensors };
  next?: Change;
}

/**
 * The tables with a row for each token: the vocabulary's, and what the optimizer keeps for it. They are hundreds of
 * megabytes, of which a step changes a few thousand rows. So they are changed in place, and what they were is a list of
 * replaced rows (Baker 1978, "Shallow binding"). Only tables that somebody else may hold are copied before a change.
 */
export class VocabularyTables {
  readonly #keys: readonly string[];
  #tables: Tensors;
  #isOwn = false;
  #latest: Change = {};

  /** @param keys those of the tables in a state */
  constructor(state: State, keys: readonly string[]) {
    this.#keys = keys;
    this.#tables = Object.fromEntries(keys.map((key) => [key, expectTensor(key, state[key], 'float32')]));
  }

  /** The tables as they are now, and stay for whoever asks. */
  get all(): Tensors {
    this.#isOwn = false;
    return this.#tables;
  }

  /** The rows of some tokens, in tables of so many rows; the rest is 0. */
  take(tokens: Int32Array, rows: number): Tensors {
    return this.#each((_, { shape: [, width], data }) => {
      const taken = new Float32Array(rows * width!);
      for (const [row, token] of tokens.entries()) taken.set(rowOf(data, token, width!), row * width!);
      return tensor('float32', [rows, width!], taken);
    });
  }

  /** Puts those rows back. */
  put(tokens: Int32Array, taken: State): void {
    const replaced = { tokens, rows: this.take(tokens, tokens.length) };
    if (!this.#isOwn)
      this.#tables = this.#each((_, { shape, data }) => tensor('float32', shape, copyOf(data, shape[1]!)));
    this.#isOwn = true;
    write(this.#tables, tokens, taken);
    const next: Change = {};
    Object.assign(this.#latest, { replaced, next });
    this.#latest = next;
  }

  /** How to get the tables as they are now, after later changes. */
  recall(): () => Tensors {
    const from = this.#latest;
    return () => {
      const tables = this.#each((_, { shape, data }) => tensor('float32', shape, copyOf(data, shape[1]!)));
      const changes: Change[] = [];
      for (let change = from; change.replaced; change = change.next!) changes.push(change);
      for (const { replaced } of changes.reverse()) write(tables, replaced!.tokens, replaced!.rows);
      return tables;
    };
  }

  #each(of: (key: string, table: ReturnType<typeof floats>) => Tensors[string]): Tensors {
    return Object.fromEntries(this.#keys.map((key) => [key, of(key, floats(this.#tables, key))]));
  }
}

const floats = (tensors: Tensors, key: string) => expectTensor(key, tensors[key], 'float32');

const rowOf = (data: Float32Array, row: number, width: number): Float32Array =>
  data.subarray(row * width, (row + 1) * width);

/** Writes the first rows of `from` over those of the tokens. */
function write(tables: Tensors, tokens: Int32Array, from: Tensors): void {
  for (const key of Object.keys(tables)) {
    const [{ shape, data }, source] = [floats(tables, key), floats(from, key)];
    for (const [row, token] of tokens.entries()) data.set(rowOf(source.data, row, shape[1]!), token * shape[1]!);
  }
}

/** A copy. Rows of zeros are not written, so that they take no memory: the moments of tokens that no text has. */
function copyOf(data: Float32Array, width: number): Float32Array {
  const copy = new Float32Array(data.length);
  const zeros = Buffer.alloc(width * data.BYTES_PER_ELEMENT);
  for (let row = 0; row * width < data.length; row++) {
    const values = rowOf(data, row, width);
    if (!zeros.equals(Buffer.from(values.buffer, values.byteOffset, values.byteLength))) copy.set(values, row * width);
  }
  return copy;
}
