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

export interface Hit {
  /** From 0 to 1. */
  readonly score: number;
  readonly fields: ReadonlySet<SearchedField>;
}

/** Words of a query that are looked for. */
const QUERY_WORDS = 16;

export class SearchIndex {
  readonly #models = new Map<string, Map<string, Set<SearchedField>>>();

  add(summary: Summary): void {
    for (const [word, field] of wordsOf(summary)) {
      const models = this.#models.get(word) ?? new Map<string, Set<SearchedField>>();
      this.#models.set(word, models);
      const fields = models.get(summary.name) ?? new Set();
      models.set(summary.name, fields.add(field));
    }
  }

  remove(summary: Summary): void {
    for (const [word] of wordsOf(summary)) {
      const models = this.#models.get(word);
      models?.delete(summary.name);
      if (models?.size === 0) this.#models.delete(word);
    }
  }

  /** The models that have every word of the query, in some form, by name. */
  search(query: string): ReadonlyMap<string, Hit> {
    const words = [...new Set(split(query))].slice(0, QUERY_WORDS);
    let found: Map<string, Hit> | undefined;
    for (const word of words) {
      const hits = this.#hits(word);
      if (found === undefined) found = hits;
      else found = both(found, hits);
    }
    for (const [name, hit] of found ?? []) found?.set(name, { ...hit, score: hit.score / words.length });
    return found ?? new Map();
  }

  #hits(word: string): Map<string, Hit> {
    const hits = new Map<string, Hit>();
    for (const [known, models] of this.#models) {
      const likeness = likenessOf(word, known);
      if (likeness === 0) continue;
      for (const [name, fields] of models) {
        const before = hits.get(name);
        const score = Math.max(before?.score ?? 0, ...[...fields].map((field) => likeness * WEIGHTS[field]));
        hits.set(name, { score, fields: before ? new Set([...before.fields, ...fields]) : fields });
      }
    }
    return hits;
  }
}

function both(a: ReadonlyMap<string, Hit>, b: ReadonlyMap<string, Hit>): Map<string, Hit> {
  const result = new Map<string, Hit>();
  for (const [name, hit] of a) {
    const other = b.get(name);
    if (other) result.set(name, { score: hit.score + other.score, fields: new Set([...hit.fields, ...other.fields]) });
  }
  return result;
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

function* wordsOf(summary: Summary): Generator<readonly [string, SearchedField]> {
  for (const field of SEARCHED_FIELDS) {
    const value = summary[field];
    for (const text of typeof value === 'string' ? [value] : (value ?? [])) {
      for (const word of split(text)) yield [word, field];
    }
  }
}

/** Words in lower case: `RandomForestClassifier` is one, and also three. */
function split(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}.]+/u).filter((word) => word !== '');
  const parts = words.flatMap((word) => word.split(/(?<=\p{Ll})(?=\p{Lu})/u));
  return [...new Set([...words, ...parts].map((word) => word.toLowerCase()))];
}
