/**
 * Which words of a text speak for its label: the Shapley value of each word, beside a text without it. Of long texts, neighbouring
 * words are taken together.
 */
import { ValidationError } from '#domain/errors.ts';
import type { Contributions } from '../serving/explain.ts';
import { ordersOf, shapleyValues } from '../serving/shapley.ts';

export interface TextExplanation extends Contributions {
  /** Of an empty text. */
  readonly base: number;
  /** Of each of the words. */
  readonly contributions: number[];
  readonly words: string[];
}

/** How much a request may have explained. */
export interface ExplainingBounds {
  /** Of a text. */
  readonly parts: number;
  /** In how many orders words are put in: an even number. */
  readonly orders: number;
  /** How many texts like this one may be classified for one request. */
  runs(text: string): number;
}

export interface TextAnswer {
  readonly text: string;
  /** The output that is explained, such as the place of a label, and what the model says of it. */
  readonly output: number;
  readonly value: number;
}

/** What the model says of an output, for each text. */
type Ask = (texts: readonly string[], output: number) => Promise<readonly number[]>;

/** Of `compact-text`, which takes less than a millisecond for a text. */
export const GRAM_BOUNDS: ExplainingBounds = { parts: 100, orders: 8, runs: () => 20_000 };

/** Texts that are classified together. */
const TOGETHER = 64;
/** With fewer, an explanation says next to nothing. */
const LEAST_PARTS = 4;

/** @throws ValidationError for more or longer texts than can be explained by one request */
export async function explainTexts(
  answers: readonly TextAnswer[],
  bounds: ExplainingBounds,
  ask: Ask,
): Promise<TextExplanation[]> {
  const cut = answers.map(({ text }, i) => cutText(text, i, answers.length, bounds));
  const explanations: TextExplanation[] = [];
  for (const [i, { output, value }] of answers.entries()) {
    const words = cut[i]!;
    const [base = 0] = await ask([''], output);
    const contributions = await shapleyValues({
      ...{ parts: words.length, orders: ordersOf({ orders: bounds.orders, parts: words.length }) },
      ...{ together: TOGETHER, base, value },
      values: (count, isIn) =>
        ask(
          Array.from({ length: count }, (_, at) => words.filter((_, part) => isIn(part, at)).join('')),
          output,
        ),
    });
    explanations.push({ base, contributions, words });
  }
  return explanations;
}

/** @throws ValidationError: a text is compared with an empty one */
export function expectNoReference(reference: unknown): void {
  if (reference !== undefined) throw ValidationError.of('reference', 'must be left out for a model of texts');
}

function cutText(text: string, place: number, texts: number, { parts, orders, runs }: ExplainingBounds): string[] {
  const words = wordsOf(text);
  const affordable = Math.floor(runs(text) / texts / orders);
  if (affordable < Math.min(LEAST_PARTS, words.length)) {
    const most = Math.floor(runs(text) / orders / LEAST_PARTS);
    throw ValidationError.of(
      `inputs[${place}]`,
      most > 0
        ? `must be one of at most ${most} texts as long as this one with explain; got ${texts}`
        : 'must be a shorter text with explain',
    );
  }
  return together(words, Math.min(parts, affordable));
}

/** Each with the blanks behind it, the first one with those before it: together they are the text. */
function wordsOf(text: string): string[] {
  const [first = '', ...others] = text.match(/\S+\s*/gu) ?? [];
  return [text.slice(0, text.length - text.trimStart().length) + first, ...others];
}

/** Neighbouring words put together until there are at most so many. */
function together(words: readonly string[], most: number): string[] {
  const count = Math.min(words.length, most);
  const all = Map.groupBy(words.keys(), (word) => Math.floor((word * count) / words.length));
  return [...all.values()].map((some) => some.map((word) => words[word]!).join(''));
}
