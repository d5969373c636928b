/**
 * How a row becomes numbers. What is learned from the data (means, spreads, words) is learned from the training rows
 * alone. An encoded row has two parts:
 *
 *     dense: (x − mean) / deviation of each number, 0 where it is missing ‖ 1 for each missing number, where training
 *            rows had any
 *     codes: of each category the position of its word; the next one for "missing", where training rows had any; one
 *            more for what was never seen, which becomes zeros when codes become one-hot
 */
import { z } from 'zod';
import { TrainingFailure } from '../failure.ts';
import { Moments } from '../profile/moments.ts';
import type { Column, NumberColumn, Rows, WordColumn } from './columns.ts';

const numberEncoding = z.object({
  name: z.string(),
  type: z.enum(['number', 'timestamp']),
  mean: z.number(),
  /** 1 where all values are equal. */
  deviation: z.number(),
  /** Whether there is an indicator of missing values. */
  missing: z.boolean(),
});

const wordEncoding = z.object({
  name: z.string(),
  type: z.enum(['category', 'boolean']),
  words: z.array(z.string()),
  missing: z.boolean(),
});

export const encoder = z.object({
  /** In the file's order, as a prediction's input has them. */
  features: z.array(z.discriminatedUnion('type', [numberEncoding, wordEncoding])),
  leftOut: z.array(z.string()),
});
export type Encoder = z.infer<typeof encoder>;
export type NumberEncoding = z.infer<typeof numberEncoding>;
export type WordEncoding = z.infer<typeof wordEncoding>;

/** The widest input that a network may get. */
const MAX_WIDTH = 65_536;

export const numbersOf = ({ features }: Encoder): NumberEncoding[] => features.filter((f) => 'mean' in f);
export const wordsOf = ({ features }: Encoder): WordEncoding[] => features.filter((f) => 'words' in f);

/** The length of a one-hot vector: a place for each word, and one for "missing". */
export const depthOf = ({ words, missing }: WordEncoding): number => words.length + Number(missing);

/** Numbers in the dense part. */
export const denseWidth = (of: Encoder): number => numbersOf(of).reduce((sum, f) => sum + 1 + Number(f.missing), 0);

/** Numbers that the network gets. */
export const widthOf = (of: Encoder): number => wordsOf(of).reduce((sum, f) => sum + depthOf(f), denseWidth(of));

/**
 * Learns from the given rows.
 * @throws TrainingFailure if there is nothing to learn from, or too much side by side
 */
export function fitEncoder(rows: Rows, training: Int32Array): Encoder {
  const fitting = new EncoderFitting();
  fitting.take(rows, training);
  return fitting.encoder(rows.leftOut);
}

/** What is learned of a column, a piece after the other. */
interface Fitting<C extends Column> {
  take(column: C, training: Int32Array): void;
  encoding(): C extends NumberColumn ? NumberEncoding : WordEncoding;
}

/** Learns from rows that come a piece at a time; the same as from all of them at once. */
export class EncoderFitting {
  readonly #numbers = new Map<string, Fitting<NumberColumn>>();
  readonly #words = new Map<string, Fitting<WordColumn>>();
  readonly #names = new Set<string>();

  /** @param training which of these rows are learned from */
  take({ columns }: Rows, training: Int32Array): void {
    for (const column of columns) {
      this.#names.add(column.name);
      if (column.kind === 'numbers') known(this.#numbers, column, fitNumbers).take(column, training);
      else known(this.#words, column, fitWords).take(column, training);
    }
  }

  /** @throws TrainingFailure if there is nothing to learn from, or too much side by side */
  encoder(leftOut: readonly string[]): Encoder {
    const features = [...this.#names].map((name) => (this.#numbers.get(name) ?? this.#words.get(name)!).encoding());
    const fitted: Encoder = { features, leftOut: [...leftOut] };
    const width = widthOf(fitted);
    if (width === 0 || width > MAX_WIDTH) {
      throw new TrainingFailure(
        `The features must become between 1 and ${MAX_WIDTH} numbers a row, counting one for each value of a category; got ${width}`,
      );
    }
    return fitted;
  }
}

function known<C extends Column>(
  fittings: Map<string, Fitting<C>>,
  column: C,
  make: (column: C) => Fitting<C>,
): Fitting<C> {
  const fitting = fittings.get(column.name) ?? make(column);
  fittings.set(column.name, fitting);
  return fitting;
}

function fitNumbers({ name, type }: NumberColumn): Fitting<NumberColumn> {
  const moments = new Moments();
  let rows = 0;
  return {
    take: ({ values }, training) => {
      rows += training.length;
      for (const row of training) {
        const value = values[row]!;
        if (!Number.isNaN(value)) moments.add(value);
      }
    },
    encoding: () => {
      const { mean, standardDeviation } = moments;
      // Rounding leaves a spread of about 1e-16 of the mean where all values are equal.
      const varies = standardDeviation > Math.abs(mean) * 1e-12;
      return { name, type, mean, deviation: varies ? standardDeviation : 1, missing: moments.count < rows };
    },
  };
}

function fitWords({ name, type }: WordColumn): Fitting<WordColumn> {
  let seen = new Uint8Array();
  let words: readonly string[] = [];
  let missing = false;
  return {
    take: (column, training) => {
      ({ words } = column);
      const before = seen;
      seen = new Uint8Array(words.length);
      seen.set(before);
      for (const row of training) {
        const code = column.values[row]!;
        if (code < 0) missing = true;
        else seen[code] = 1;
      }
    },
    encoding: () => ({ name, type, words: words.filter((_, code) => seen[code]).sort(), missing }),
  };
}
