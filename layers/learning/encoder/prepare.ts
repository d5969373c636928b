/** Labelled texts as encoded rows: the identifiers of their tokens, counted among those that occur. */
import { uniformStream } from '#engine/random.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { NO_TOKEN } from '#zoo/encoders/network.ts';
import type { Truncation } from '#zoo/text-hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import type { EpochRows } from '../fit/rows.ts';
import { type JudgedPieces, readLabelled, type SplitTexts, type TextFile } from '../text/prepare.ts';
import { truncated } from './cut.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { WholeTexts } from './whole-texts.ts';

export interface PrepareTokensOptions {
  readonly tokenizer: TextTokenizer;
  /** Of a text, with the marks before and after it. */
  readonly mostTokens: number;
  /** That a piece of a text has in common with the one before, where texts are read whole. */
  readonly overlap: number;
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
  /** Texts that are longer than what is learned from at once. */
  readonly shortened: number;
  /** Tokens of the longest row, of any epoch. */
  readonly longest: number;
  /** Where a piece of each text is learned from, another in each epoch. */
  readonly epochRows?: EpochRows;
  /** Of a text: what is behind them is not learned from. Undefined if nothing is. */
  readonly mostPieces: number | undefined;
  readonly judged: JudgedPieces;
}

/** To judge a model takes less than an epoch of its training: a step is some three times as much as a prediction. */
const PIECES_PER_ROW = 2;
/** Of memory, for the tokens of all texts. */
const MOST_BYTES = 2 ** 30;

/** @throws TrainingFailure naming the row, if the data cannot be learned from */
export async function prepareTokens(
  bytes: AsyncIterable<Uint8Array>,
  file: TextFile,
  { tokenizer, mostTokens, overlap, truncation, vocabularySize, ...of }: PrepareTokensOptions,
): Promise<PreparedTokens> {
  const { before, after } = tokenizer;
  const inner = mostTokens - before.length - after.length;
  if (inner < 1) {
    throw new TrainingFailure(
      `max_length must be at least ${before.length + after.length + 1} for the marks around a text; got ${mostTokens}`,
    );
  }
  const marked = (ids: Iterable<number>) => Int32Array.from([...before, ...ids, ...after]);
  /** What is learned from of each text, where that is always the same. */
  const fixed: Int32Array[] = [];
  const wholes = new WholeTexts({ most: inner, overlap: Math.min(overlap, inner - 1) });
  let [longest, shortened] = [1, 0];
  const { codes, split, alike } = await readLabelled(bytes, file, of, (text) => {
    const ids = tokenizer.encode(text);
    if (ids.length > inner) shortened++;
    if (truncation !== 'random') fixed.push(marked(truncated(ids, inner, truncation)));
    wholes.add(ids);
    longest = Math.max(longest, before.length + Math.min(ids.length, inner) + after.length);
    if (wholes.size * longest * 4 > MOST_BYTES) {
      throw new TrainingFailure(
        `The texts must take at most ${MOST_BYTES} bytes of memory; they take more: a smaller max_length reads less of each`,
      );
    }
  });
  const { training, validation } = split;
  const toJudge = validation.length > 0 ? validation : training;
  const whole = wholes.of(toJudge, PIECES_PER_ROW * wholes.size);
  const pieces = whole.pieces.map(({ ids }) => marked(ids));
  const isRandom = truncation === 'random';
  const learned = isRandom ? Array.from(codes.keys(), (row) => wholes.at(row)) : fixed;
  const occurring = occurringOf([marked([]), ...learned, ...pieces], vocabularySize);
  const places = new Int32Array(vocabularySize);
  for (const [place, id] of occurring.entries()) places[id] = place;
  const encode = (some: readonly TokenRow[]) => encodeRows(some, places);
  /** @param name of the stream that pieces are drawn from */
  const rowsAt = (which: Int32Array, seed: number, name: string): Tensors => {
    const uniform = uniformStream(seed, name);
    const idsOf = (row: number) => (isRandom ? marked(wholes.pieceOf(row, uniform())) : fixed[row]!);
    return encode(byLength(Array.from(which, (row) => ({ ids: idsOf(row), y: codes[row]! }))));
  };
  const judged = byLength(whole.pieces.map(({ text }, i) => ({ ids: pieces[i]!, y: codes[toJudge[text]!]!, text })));
  return {
    data: {
      training: rowsAt(training, of.seed, 'pieces'),
      ...(validation.length > 0 ? { validation: rowsAt(validation, of.seed, 'pieces kept back') } : {}),
    },
    rows: { training: training.length, validation: validation.length },
    splitBy: split.by,
    alike,
    occurring,
    shortened,
    longest,
    ...(isRandom && shortened > 0
      ? { epochRows: (seed, epoch) => rowsAt(training, seed, `pieces ${epoch}`), mostPieces: wholes.mostPieces }
      : { mostPieces: undefined }),
    judged: {
      rows: encode(judged),
      texts: Int32Array.from(judged, ({ text }) => text),
      mostPieces: whole.mostPieces,
    },
  };
}

interface TokenRow {
  readonly ids: Int32Array;
  /** The place of its label. */
  readonly y: number;
}

/** Of like length together, so that some of them are no wider than they must be. */
const byLength = <R extends TokenRow>(rows: readonly R[]): R[] => rows.toSorted((a, b) => a.ids.length - b.ids.length);

/** @param places of identifiers, among those that occur */
function encodeRows(rows: readonly TokenRow[], places: Int32Array): Tensors {
  const longest = rows.reduce((most, { ids }) => Math.max(most, ids.length), 1);
  const all = new Int32Array(rows.length * longest).fill(NO_TOKEN);
  for (const [i, { ids }] of rows.entries()) {
    all.set(
      ids.map((id) => places[id]!),
      i * longest,
    );
  }
  return {
    ids: tensor('int32', [rows.length, longest], all),
    y: tensor(
      'int32',
      [rows.length],
      Int32Array.from(rows, ({ y }) => y),
    ),
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
