/** Reads a SentencePiece model: a protobuf whose fields are those of `sentencepiece_model.proto`. */
import protobuf from 'protobufjs/minimal.js';
import { TokenizerError } from '../tokenizer-error.ts';

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly kind: PieceKind;
}

export type PieceKind = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  /** `precompiled_charsmap`: how characters are replaced before anything else. Empty for none. */
  readonly charactersMap: Uint8Array;
  readonly addsSpaceBefore: boolean;
  readonly removesExtraSpaces: boolean;
}

/** The number of a field and its wire type, as they stand before it. */
const tag = (field: number, wireType: number): number => (field << 3) | wireType;
const [VARINT, FIXED32, BYTES] = [0, 5, 2];

const KINDS: readonly (PieceKind | undefined)[] = [
  undefined,
  ...(['normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'] as const),
];
const UNIGRAM = 1;
const MOST_PIECES = 2_000_000;

type Fields = Readonly<Record<number, (reader: protobuf.Reader) => void>>;

function readFields(reader: protobuf.Reader, end: number, fields: Fields): void {
  while (reader.pos < end) {
    const found = reader.uint32();
    const read = fields[found];
    if (read) read(reader);
    else reader.skipType(found & 7);
  }
}

/** @throws TokenizerError if the file is no model, or one of another algorithm than unigram */
export function readSentencePiece(file: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  let charactersMap: Uint8Array = new Uint8Array();
  let [type, byteFallback, addsSpaceBefore, removesExtraSpaces] = [UNIGRAM, false, true, true];
  const within = (fields: Fields) => (reader: protobuf.Reader) =>
    readFields(reader, reader.uint32() + reader.pos, fields);
  const piece = (reader: protobuf.Reader): void => {
    let [text, score, kind] = ['', 0, 1];
    within({
      [tag(1, BYTES)]: (r) => {
        text = r.string();
      },
      [tag(2, FIXED32)]: (r) => {
        score = r.float();
      },
      [tag(3, VARINT)]: (r) => {
        kind = r.int32();
      },
    })(reader);
    if (pieces.length >= MOST_PIECES) throw new TokenizerError(`spm.model must have at most ${MOST_PIECES} pieces`);
    pieces.push({ text, score, kind: KINDS[kind] ?? 'unused' });
  };
  try {
    readFields(protobuf.Reader.create(file), file.length, {
      [tag(1, BYTES)]: piece,
      [tag(2, BYTES)]: within({
        [tag(3, VARINT)]: (r) => {
          type = r.int32();
        },
        [tag(35, VARINT)]: (r) => {
          byteFallback = r.bool();
        },
      }),
      [tag(3, BYTES)]: within({
        [tag(2, BYTES)]: (r) => {
          charactersMap = r.bytes();
        },
        [tag(3, VARINT)]: (r) => {
          addsSpaceBefore = r.bool();
        },
        [tag(4, VARINT)]: (r) => {
          removesExtraSpaces = r.bool();
        },
      }),
    });
  } catch (error) {
    if (error instanceof TokenizerError) throw error;
    throw new TokenizerError('spm.model is no SentencePiece model', { cause: error });
  }
  if (pieces.length === 0) throw new TokenizerError('spm.model must have pieces; it has none');
  if (type !== UNIGRAM) throw new TokenizerError(`spm.model must be of type 1, unigram; got ${type}`);
  if (byteFallback) throw new TokenizerError('spm.model: byte_fallback is not read with the value true');
  return { pieces, charactersMap, addsSpaceBefore, removesExtraSpaces };
}
