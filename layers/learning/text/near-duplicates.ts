/**
 * Finds texts that are nearly the same, by MinHash: the share of equal places in two signatures estimates the share of
 * three-word runs that two texts have in common (Broder 1997). Texts that agree in all places of a band are compared
 * (Leskovec, Rajaraman and Ullman 2020, section 3.4).
 */
import { wordsOf } from './featurizer.ts';

const PLACES = 64;
/** With bands of four places, nine of ten pairs that are alike by a half and more are compared. */
const BAND = 4;
/** Of three-word runs that texts have in common. */
const ALIKE = 0.7;
const RUN = 3;
/** What is read of a text. */
const MOST_WORDS = 1000;

export class NearDuplicates {
  readonly #signatures: Uint32Array[] = [];
  /** By band and its places, the first text. */
  readonly #buckets = new Map<string, number[]>();
  readonly #parents: number[] = [];

  /** Adds the next text. */
  add(text: string): void {
    const signature = signatureOf(text);
    const index = this.#signatures.push(signature) - 1;
    this.#parents.push(index);
    for (let start = 0; start < PLACES; start += BAND) {
      const key = `${start} ${signature.subarray(start, start + BAND).join(' ')}`;
      const others = this.#buckets.get(key) ?? [];
      // A text that is like one of a group is in it; a few of a bucket are enough to find that out.
      const alike = others.find((other) => likeness(signature, this.#signatures[other]!) >= ALIKE);
      if (alike !== undefined) this.#join(alike, index);
      if (others.length < MOST_COMPARED) this.#buckets.set(key, [...others, index]);
    }
  }

  /** The group of each text, as the index of its first. */
  groups(): Int32Array {
    return Int32Array.from(this.#parents, (_, index) => this.#root(index));
  }

  #root(index: number): number {
    let root = index;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    this.#parents[index] = root;
    return root;
  }

  #join(one: number, other: number): void {
    const [a, b] = [this.#root(one), this.#root(other)];
    this.#parents[Math.max(a, b)] = Math.min(a, b);
  }
}

const MOST_COMPARED = 8;

/** Of the first rows, how many are nearly the same as one of the others. */
export function countAlike(groups: Int32Array, rows: Int32Array, others: Int32Array): number {
  const known = new Set(Array.from(others, (row) => groups[row]!));
  return rows.filter((row) => known.has(groups[row]!)).length;
}

function likeness(one: Uint32Array, other: Uint32Array): number {
  let same = 0;
  for (let i = 0; i < PLACES; i++) if (one[i] === other[i]) same++;
  return same / PLACES;
}

function signatureOf(text: string): Uint32Array {
  const words = wordsOf(text, { version: 1, buckets: 2, max_words: MOST_WORDS });
  const signature = new Uint32Array(PLACES).fill(0xffffffff);
  // A text of fewer words is one run.
  for (let start = 0; start === 0 || start + RUN <= words.length; start++) {
    const hash = hashOf(words.slice(start, start + RUN).join(' '));
    for (let place = 0; place < PLACES; place++) {
      const value = mixed(hash ^ Math.imul(place + 1, 0x9e3779b1));
      if (value < signature[place]!) signature[place] = value;
    }
  }
  return signature;
}

/** FNV-1a over UTF-16 code units. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The last mixing steps of MurmurHash3. */
function mixed(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
