/** Labelled texts as encoded rows: the identifiers of their tokens, counted among those that occur. */
import { type Tensors, tensor } from '#engine/tensor.ts';
import { NO_TOKEN } from '#zoo/encoders/network.ts';
import type { Truncation } from '#zoo/text-hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import { readLabelled, type SplitTexts, type TextFile } from '../text/prepare.ts';
import { truncated } from './cut.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface PrepareTokensOptions {
  readonly tokenizer: TextTokenizer;
  /** Of a text, with the marks before and after it. */
  readonly mostTokens: number;
  readonly truncation: Truncation;
  /** Of the encoder. */
  readonly vocabularySize: number;
  readonly labels: readonly string[];
  readonly validationSplit: number;
  readonly seed: number;
}

export interface PreparedTokens extends SplitTexts {
  /** The identifiers that occur, ascending: rows have their places here. */
  readonly occurring: Int32Array;
  /** Texts of which something was left out. */
  readonly shortened: number;
}

/** Of memory, for the tokens of all texts. */
const MOST_BYTES = 2 ** 30;

/** @throws TrainingFailure naming the row, if the data cannot be learned from */
export async function prepareTokens(
  bytes: AsyncIterable<Uint8Array>,
  file: TextFile,
  { tokenizer, mostTokens, truncation, vocabularySize, ...of }: PrepareTokensOptions,
): Promise<PreparedTokens> {
  const { before, after } = tokenizer;
  const inner = mostTokens - before.length - after.length;
  if (inner < 1) {
    throw new TrainingFailure(
      `max_length must be at least ${before.length + after.length + 1} for the marks around a text; got ${mostTokens}`,
    );
  }
  const rows: Int32Array[] = [];
  let [longest, shortened] = [1, 0];
  const { codes, split, alike } = await readLabelled(bytes, file, of, (text) => {
    const ids = tokenizer.encode(text);
    if (ids.length > inner) shortened++;
    rows.push(Int32Array.from([...before, ...truncated(ids, inner, truncation), ...after]));
    longest = Math.max(longest, rows.at(-1)!.length);
    if (rows.length * longest * 4 > MOST_BYTES) {
      throw new TrainingFailure(
        `The texts must take at most ${MOST_BYTES} bytes of memory; they take more: a smaller max_length reads less of each`,
      );
    }
  });
  const occurring = occurringOf(rows, vocabularySize);
  const places = new Int32Array(vocabularySize);
  for (const [place, id] of occurring.entries()) places[id] = place;
  const encode = (which: Int32Array): Tensors => {
    // Of like length together, so that a piece of them is no wider than it must be.
    const sorted = which.toSorted((a, b) => rows[a]!.length - rows[b]!.length || a - b);
    const ids = new Int32Array(sorted.length * longest).fill(NO_TOKEN);
    for (const [i, row] of sorted.entries()) {
      ids.set(
        rows[row]!.map((id) => places[id]!),
        i * longest,
      );
    }
    return {
      ids: tensor('int32', [sorted.length, longest], ids),
      y: tensor(
        'int32',
        [sorted.length],
        sorted.map((row) => codes[row]!),
      ),
    };
  };
  const { training, validation } = split;
  return {
    data: { training: encode(training), ...(validation.length > 0 ? { validation: encode(validation) } : {}) },
    rows: { training: training.length, validation: validation.length },
    splitBy: split.by,
    alike,
    occurring,
    shortened,
  };
}

/** The identifiers of all rows, each once, ascending. */
function occurringOf(rows: readonly Int32Array[], vocabularySize: number): Int32Array {
  const occurs = new Uint8Array(vocabularySize);
  for (const row of rows) {
    for (const id of row) {
      if (id >= vocabularySize) {
        throw new TrainingFailure(
          `The tokenizer must give identifiers below vocab_size, ${vocabularySize}; it gives ${id}`,
        );
      }
      occurs[id] = 1;
    }
  }
  return Int32Array.from(occurs.keys()).filter((id) => occurs[id] === 1);
}
