/** What is known of a cell that occurs again and again. */
import { isMissing, type MissingWords } from '../values/missing.ts';
import { type CellFacts, factsOf } from './cell-facts.ts';

export interface KnownCell extends CellFacts {
  readonly text: string;
  readonly isMissing: boolean;
  /** Whether it is neither missing, a number nor a time. */
  readonly isWord: boolean;
}

/** @param numbers those among the words for "no value" */
export function knownCell(text: string, missing: MissingWords, numbers: ReadonlySet<number>): KnownCell {
  const facts = factsOf(text);
  const isNumber = numbers.size > 0 && facts.isPlain && !facts.leadingZero && numbers.has(facts.value);
  const absent = isNumber || isMissing(text, missing);
  const isValue = [facts.value, facts.withComma, ...facts.times].some((value) => !Number.isNaN(value));
  return { ...facts, text, isMissing: absent, isWord: !absent && !isValue };
}
