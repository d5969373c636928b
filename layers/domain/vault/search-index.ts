/** An inverted index of the words of models: which models have a word, and in which field. */
import type { Summary } from './summary.ts';

export const SEARCHED_FIELDS = ['name', 'tags', 'framework', 'algorithm', 'description'] as const;
export type SearchedField = (typeof SEARCHED_FIELDS)[number];

/** How much a word counts in a field. */
const WEIGHTS: Readonly<Record<SearchedField, number>> = {
  name: 1,
  tags: 0.9,
  framework: 0.8,
  algorithm: 0.8,
  description: 0.6,
};

/** Fields as bits, in the order of `SEARCHED_FIELDS`: there may be tens of thousands of hits. */
type FieldBits = number;

const bitOf = (field: SearchedField): FieldBits => 1 << SEARCHED_FIELDS.indexOf(field);

const fieldsOf = (bits: FieldBits): SearchedField[] => SEARCHED_FIELDS.filter((field) => (bits & bitOf(field)) !== 0);

/** By bits of fields: what a word counts that is in those. */
const WEIGHT_OF: readonly number[] = Array.from({ length: 1 << SEARCHED_FIELDS.length }, (_, bits) =>
  Math.max(0, ...fieldsOf(bits).map((field) => WEIGHTS[field])),
);

interface Hit {
  score: number;
  fields: FieldBits;
}

/** What a search found: for each model how relevant it is, from 0 to 1, and in which fields. */
export class Hits {
  readonly #hits: ReadonlyMap<string, Hit>;
  readonly #words: number;

  constructor(hits: ReadonlyMap<string, Hit>, words: number) {
    this.#hits = hits;
    this.#words = words;
  }

  names(): Iterable<string> {
    return this.#hits.keys();
  }

  relevance(name: string): number {
    return (this.#hits.get(name)?.score ?? 0) / this.#words;
  }

  fields(name: string): readonly SearchedField[] {
    return fieldsOf(this.#hits.get(name)?.fields ?? 0);
  }
}

/** Words of a query that are looked for. */
const QUERY_WORDS = 16;

/** Different words that a model is found by: those of its name first, those of its description last. */
const MODEL_WORDS = 400;
/** Different words of all models: what comes after is found by words that others have. */
const INDEX_WORDS = 300_000;

/** What a word takes, and a model that has it, about. */
const WORD_BYTES = 250;
const POSTING_BYTES = 50;

export class SearchIndex {
  readonly #models = new Map<string, Map<string, FieldBits>>();
  #postings = 0;

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#models.size * WORD_BYTES + this.#postings * POSTING_BYTES;
  }

  add(summary: Summary): void {
    for (const [word, fields] of wordsOf(summary)) {
      const models = this.#models.get(word) ?? new Map<string, FieldBits>();
      if (models.size === 0 && this.#models.size >= INDEX_WORDS) continue;
      this.#models.set(word, models.set(summary.name, fields));
      this.#postings += 1;
    }
  }

  remove(summary: Summary): void {
    for (const word of wordsOf(summary).keys()) {
      const models = this.#models.get(word);
      if (models?.delete(summary.name)) this.#postings -= 1;
      if (models?.size === 0) this.#models.delete(word);
    }
  }

  /** The models that have every word of the query, in some form. */
  search(query: string): Hits {
    const words = [...new Set(split(query))].slice(0, QUERY_WORDS);
    let found: Map<string, Hit> | undefined;
    for (const word of words) found = this.#hits(word, found);
    return new Hits(found ?? new Map(), Math.max(1, words.length));
  }

  /** The models that have the word, of those in `among`, to whose scores it is added. */
  #hits(word: string, among: ReadonlyMap<string, Hit> | undefined): Map<string, Hit> {
    const hits = new Map<string, Hit>();
    for (const [known, models] of this.#models) {
      const likeness = likenessOf(word, known);
      if (likeness === 0) continue;
      for (const [name, fields] of models) {
        const score = likeness * WEIGHT_OF[fields]!;
        const hit = hits.get(name);
        if (hit !== undefined) {
          if (score > hit.score) hit.score = score;
          hit.fields |= fields;
        } else if (among === undefined || among.has(name)) hits.set(name, { score, fields });
      }
    }
    if (among !== undefined) {
      for (const [name, hit] of hits) {
        const before = among.get(name)!;
        hit.score += before.score;
        hit.fields |= before.fields;
      }
    }
    return hits;
  }
}

/** What two forms of a word have in common at the least: `classification` finds `classifier`. */
const STEM_CHARACTERS = 6;
const STEM_PART = 0.7;

/** 1 for the same word, less for one that begins with it or has the same stem, 0 for another one. */
function likenessOf(wanted: string, word: string): number {
  if (word === wanted) return 1;
  if (word.startsWith(wanted)) return 0.6 + 0.3 * (wanted.length / word.length);
  if (wanted[0] !== word[0]) return 0;
  const shorter = Math.min(wanted.length, word.length);
  let common = 1;
  while (common < shorter && wanted[common] === word[common]) common += 1;
  return common >= STEM_CHARACTERS && common >= STEM_PART * shorter ? 0.5 + 0.3 * (common / wanted.length) : 0;
}

/** The words of a model, and in which fields each is. */
function wordsOf(summary: Summary): Map<string, FieldBits> {
  const words = new Map<string, FieldBits>();
  for (const field of SEARCHED_FIELDS) {
    const value = summary[field];
    for (const text of typeof value === 'string' ? [value] : (value ?? [])) {
      for (const word of split(text)) {
        const fields = words.get(word);
        if (fields === undefined && words.size === MODEL_WORDS) continue;
        words.set(word, (fields ?? 0) | bitOf(field));
      }
    }
  }
  return words;
}

/** Words in lower case: `RandomForestClassifier` is one, and also three. */
function split(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}.]+/u).filter((word) => word !== '');
  const parts = words.flatMap((word) => word.split(/(?<=\p{Ll})(?=\p{Lu})/u));
  return [...new Set([...words, ...parts].map((word) => word.toLowerCase()))];
}
