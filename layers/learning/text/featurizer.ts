/**
 * Turns texts into hashed n-grams: the part of `compact-text` that cannot be in an ONNX graph. What it does for a version
 * number never changes, because stored models depend on it.
 *
 *     "Ignore all" ── words ── w:ignore  w:all  w:ignore all
 *                           └─ characters of <ignore> and <all>, 3 to 5 at a time ── c:<ig  c:ign  …
 *     n-gram ── hash ── bucket;  weight: 1 + ln(occurrences), scaled so that the weights of a text have length 1
 */
import { z } from 'zod';

export const featurizer = z.object({
  version: z.literal(1),
  /** A power of two. Bucket 0 is for padding. */
  buckets: z.number().int(),
  /** Words that are read of a text, from its beginning. */
  max_words: z.number().int(),
});
export type Featurizer = z.infer<typeof featurizer>;

/** What a text has, each bucket once. */
export interface Grams {
  readonly buckets: Int32Array;
  readonly weights: Float32Array;
}

const WORD_GRAMS = 2;
const CHARACTER_GRAMS = { least: 3, most: 5 };
/** Of a word, so that a text without spaces costs no more than others. */
const WORD_CHARACTERS = 40;
/** Different ones of a text; those that come first. */
export const MAX_GRAMS = 4096;
/** More than `max_words` words of usual length. The rest of a longer text is not looked at. */
const CHARACTERS_PER_WORD = 64;

/** Runs of letters and digits, and single other characters that are not blank. */
const WORD = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

/** The words of a text, in lower case and composed form. */
export function wordsOf(text: string, { max_words }: Featurizer): string[] {
  const beginning = text
    .slice(0, max_words * CHARACTERS_PER_WORD)
    .normalize('NFKC')
    .toLowerCase();
  return beginning
    .matchAll(WORD)
    .take(max_words)
    .map(([word]) => word.slice(0, WORD_CHARACTERS))
    .toArray();
}

export function gramsOf(text: string, of: Featurizer): Grams {
  const counts = new Map<number, number>();
  const add = (gram: string): void => {
    const bucket = 1 + (hash(gram) % (of.buckets - 1));
    const before = counts.get(bucket);
    if (before !== undefined) counts.set(bucket, before + 1);
    else if (counts.size < MAX_GRAMS) counts.set(bucket, 1);
  };
  const words = wordsOf(text, of);
  for (const [i, word] of words.entries()) {
    for (let n = 1; n <= WORD_GRAMS && i + n <= words.length; n++) add(`w:${words.slice(i, i + n).join(' ')}`);
    const marked = `<${word}>`;
    for (let n = CHARACTER_GRAMS.least; n <= CHARACTER_GRAMS.most; n++) {
      for (let at = 0; at + n <= marked.length; at++) add(`c:${marked.slice(at, at + n)}`);
    }
  }
  const weights = Float32Array.from(counts.values(), (count) => 1 + Math.log(count));
  const length = Math.hypot(...weights) || 1;
  return { buckets: Int32Array.from(counts.keys()), weights: weights.map((weight) => weight / length) };
}

/** FNV-1a over UTF-16 code units, and the last mixing steps of MurmurHash3. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
