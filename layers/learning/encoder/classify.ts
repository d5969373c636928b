/** Classifies texts by an encoder: in pieces, of which the one that is most like an attack counts. */
import { ValidationError } from '#domain/errors.ts';
import type { Session } from '#engine/run.ts';
import { expectTensor } from '#engine/tensor.ts';
import type { TokenServing } from '../text/description.ts';
import type { ExplainingBounds } from '../text/explain.ts';
import { piecesOf } from './cut.ts';
import { tokenTensors } from './feeds.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { worseThan } from './worst.ts';

interface Piece {
  readonly text: number;
  readonly ids: readonly number[];
}

/**
 * Tokens that are run together, with the padding of shorter pieces. With more, values of a layer leave the processor's cache before
 * the next operator reads them, and pieces are padded to longer ones: 4,096 took 1.4 times as long for 32 mails.
 */
const TOKENS_TOGETHER = 512;
/** Of all texts of a call, which takes some 20 seconds on two cores: what takes longer is refused instead of cut. */
const MOST_FLOPS = 1.2e12;

/** @throws ValidationError for texts that have too many pieces in all */
export const classifyTokens =
  (session: Session, serving: TokenServing, tokenizer: TextTokenizer) =>
  async (texts: readonly string[]): Promise<Float32Array[]> => {
    const pieces = allPieces(texts, serving, tokenizer);
    const results = texts.map((): Float32Array | undefined => undefined);
    const worse = worseThan(serving.labels, serving.benign_label);
    for (const some of together(pieces)) {
      const { probabilities } = await session.run(
        tokenTensors(
          some.map(({ ids }) => ids),
          serving.tokens.padding_id,
        ),
        ['probabilities'],
      );
      const { data } = expectTensor('probabilities', probabilities, 'float32');
      const width = serving.labels.length;
      for (const [row, { text }] of some.entries()) {
        const found = data.slice(row * width, (row + 1) * width);
        const before = results[text];
        if (before === undefined || worse(found, before)) results[text] = found;
      }
    }
    return results.map((found) => found!);
  };

/** How much is explained in the time that a request may take. */
export const tokenBounds = ({ tokens }: TokenServing, { encode }: TextTokenizer): ExplainingBounds => ({
  ...{ parts: 40, orders: 2 },
  runs: (text) => Math.floor((MOST_FLOPS / tokens.flops) * (tokens.most / (encode(text).length + 1))),
});

function allPieces(texts: readonly string[], { tokens }: TokenServing, tokenizer: TextTokenizer): Piece[] {
  const { before, after, encode } = tokenizer;
  const inner = tokens.most - before.length - after.length;
  const cut = { most: inner, overlap: Math.min(tokens.overlap, inner - 1) };
  const mostPieces = Math.max(1, Math.floor(MOST_FLOPS / tokens.flops));
  const pieces: Piece[] = [];
  for (const [text, content] of texts.entries()) {
    for (const ids of piecesOf(encode(content), cut)) {
      pieces.push({ text, ids: [...before, ...ids, ...after] });
    }
    if (pieces.length > mostPieces) {
      throw ValidationError.of(
        'texts',
        `must have at most ${mostPieces} pieces of ${tokens.most} tokens in all; they have more: send fewer or shorter ones at a time`,
      );
    }
  }
  return pieces;
}

/** Pieces of like length, so that few are padded by much. */
function* together(pieces: readonly Piece[]): Generator<Piece[]> {
  const sorted = pieces.toSorted((a, b) => a.ids.length - b.ids.length);
  let some: Piece[] = [];
  for (const piece of sorted) {
    if (some.length > 0 && (some.length + 1) * piece.ids.length > TOKENS_TOGETHER) {
      yield some;
      some = [];
    }
    some.push(piece);
  }
  if (some.length > 0) yield some;
}
