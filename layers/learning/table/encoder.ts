/**
 * How a row becomes numbers. What is learned from the data (means, deviations, words) is learned from the training rows
 * only. An encoded row has two parts:
 *
 *     dense: for each number (x − mean) / deviation, or 0 if it is missing. Then, for each number that was ever missing
 *            in training rows, an indicator: 1 if it is missing.
 *     codes: for each category the position of its word. The next code means "missing", if it was missing in training
 *            rows. One more code means a word that was never seen, which becomes zeros in the one-hot vector.
 *
 * A category with many words may be embedded: its code is part of the network's input as it is.
 */
import { z } from 'zod';
import { TrainingFailure } from '../failure.ts';
import { Moments } from '../profile/moments.ts';
import type { Column, NumberColumn, Rows, WordColumn } from './columns.ts';

const numberEncoding = z.object({
  name: z.string(),
  type: z.enum(['number', 'timestamp']),
  mean: z.number(),
  /** 1 if all values are equal. */
  deviation: z.number(),
  /** Whether the column has an indicator for missing values. */
  missing: z.boolean(),
});

const wordEncoding = z.object({
  name: z.string(),
  type: z.enum(['category', 'boolean']),
  words: z.array(z.string()),
  missing: z.boolean(),
  /** Whether the network has a vector for each code. Absent: it is one-hot. */
  embedded: z.literal(true).exactOptional(),
});

export const encoder = z.object({
  /** In the file's order, which is also that of a prediction's input. */
  features: z.array(z.discriminatedUnion('type', [numberEncoding, wordEncoding])),
  leftOut: z.array(z.string()),
});
export type Encoder = z.infer<typeof encoder>;
export type NumberEncoding = z.infer<typeof numberEncoding>;
export type WordEncoding = z.infer<typeof wordEncoding>;

/** The widest input that a network may have. */
const MAX_WIDTH = 65_536;

export const numbersOf = ({ features }: Encoder): NumberEncoding[] => features.filter((f) => 'mean' in f);
export const wordsOf = ({ features }: Encoder): WordEncoding[] => features.filter((f) => 'words' in f);

/** The length of a one-hot vector: a place for each word, and one for "missing". */
export const depthOf = ({ words, missing }: WordEncoding): number => words.length + Number(missing);

/** The width of the dense part. */
export const denseWidth = (of: Encoder): number => numbersOf(of).reduce((sum, f) => sum + 1 + Number(f.missing), 0);

/** How many codes each embedded category has: one for each place of a one-hot vector, and one for what was never seen. */
export const codesOf = (of: Encoder): number[] =>
  wordsOf(of).flatMap((encoding) => (encoding.embedded ? [depthOf(encoding) + 1] : []));

/** The width of the network's input. */
export const widthOf = (of: Encoder): number =>
  wordsOf(of).reduce((sum, f) => sum + (f.embedded ? 1 : depthOf(f)), denseWidth(of));

/**
 * Learns the encoding from the given rows.
 * @param embedAbove a category with more words is embedded. Default: none is
 * @throws TrainingFailure if there is no usable column, or if the encoded rows are too wide
 */
export function fitEncoder(rows: Rows, training: Int32Array, embedAbove?: number): Encoder {
  const fitting = new EncoderFitting(embedAbove);
  fitting.take(rows, training);
  return fitting.encoder(rows.leftOut);
}

/** Learns a column's encoding, one piece after another. */
interface Fitting<C extends Column> {
  take(column: C, training: Int32Array): void;
  encoding(): C extends NumberColumn ? NumberEncoding : WordEncoding;
}

/** Learns from rows that come in pieces. The result is the same as from all of them at once. */
export class EncoderFitting {
  readonly #numbers = new Map<string, Fitting<NumberColumn>>();
  readonly #words = new Map<string, Fitting<WordColumn>>();
  readonly #names = new Set<string>();
  readonly #embedAbove: number;

  /** @param embedAbove a category with more words is embedded. Default: none is */
  constructor(embedAbove = Number.POSITIVE_INFINITY) {
    this.#embedAbove = embedAbove;
  }

  /** @param training the rows to learn from */
  take({ columns }: Pick<Rows, 'columns'>, training: Int32Array): void {
    for (const column of columns) {
      this.#names.add(column.name);
      if (column.kind === 'numbers') known(this.#numbers, column, fitNumbers).take(column, training);
      else known(this.#words, column, fitWords).take(column, training);
    }
  }

  /** @throws TrainingFailure if there is no usable column, or if the encoded rows are too wide */
  encoder(leftOut: readonly string[]): Encoder {
    return withBounds({ features: this.features(), leftOut: [...leftOut] });
  }

  /** In the order in which the columns came first. */
  features(): Encoder['features'] {
    return [...this.#names].map((name) => this.#numbers.get(name)?.encoding() ?? this.#category(name));
  }

  #category(name: string): WordEncoding {
    const encoding = this.#words.get(name)!.encoding();
    const isLarge = encoding.type === 'category' && encoding.words.length > this.#embedAbove;
    return isLarge ? { ...encoding, embedded: true } : encoding;
  }
}

/** @throws TrainingFailure if there is no usable column, or if the encoded rows are too wide */
export function withBounds(fitted: Encoder): Encoder {
  const width = widthOf(fitted);
  if (width > 0 && width <= MAX_WIDTH) return fitted;
  throw new TrainingFailure(
    `The features must become between 1 and ${MAX_WIDTH} numbers a row, counting one for each value of a category; got ${width}`,
  );
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

/** Numbers that are added together. */
const PRESENT = 1024;

function fitNumbers({ name, type }: NumberColumn): Fitting<NumberColumn> {
  const moments = new Moments();
  const present = new Float64Array(PRESENT);
  let rows = 0;
  return {
    take: ({ values }, training) => {
      rows += training.length;
      let length = 0;
      for (let i = 0; i < training.length; i++) {
        if (length === 0) {
          const whole = presentFrom(values, training, i);
          if (whole) {
            moments.addAll(whole, PRESENT);
            i += PRESENT - 1;
            continue;
          }
        }
        const value = values[training[i]!]!;
        if (Number.isNaN(value)) continue;
        present[length++] = value;
        if (length < PRESENT) continue;
        moments.addAll(present, length);
        length = 0;
      }
      moments.addAll(present, length);
    },
    encoding: () => ({ name, type, ...moments.scale, missing: moments.count < rows }),
  };
}

/** The numbers of so many rows that follow one another, without copying them, if each has one. */
function presentFrom(values: Float64Array, training: Int32Array, at: number): Float64Array | undefined {
  const first = training[at]!;
  if (training[at + PRESENT - 1] !== first + PRESENT - 1) return undefined;
  for (let row = first; row < first + PRESENT; row++) if (Number.isNaN(values[row]!)) return undefined;
  return values.subarray(first, first + PRESENT);
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
      const { values } = column;
      for (let i = 0; i < training.length; i++) {
        const code = values[training[i]!]!;
        if (code < 0) missing = true;
        else seen[code] = 1;
      }
    },
    encoding: () => ({ name, type, words: words.filter((_, code) => seen[code]).sort(), missing }),
  };
}
