/** Cuts texts as SentencePiece does, with which DeBERTa was trained. */
import { TokenizerError } from '../tokenizer-error.ts';
import { charactersOf } from './characters.ts';
import { readSentencePiece } from './model.ts';
import { makeUnigram } from './unigram.ts';

const SPACE = '\u2581';
/** Words whose pieces are remembered. */
const REMEMBERED = 50_000;

export interface SentencePiece {
  /** The identifiers of a text's pieces. */
  encode(text: string): number[];
  /** By their text: pieces that stand for something else than text, and the number of all. */
  readonly special: ReadonlyMap<string, number>;
  readonly size: number;
}

/** @throws TokenizerError */
export function openSentencePiece(file: Uint8Array): SentencePiece {
  const model = readSentencePiece(file);
  const unknownId = model.pieces.findIndex(({ kind }) => kind === 'unknown');
  if (unknownId < 0) throw new TokenizerError('spm.model must have a piece for what is unknown; it has none');
  const replace = charactersOf(model.charactersMap);
  const cut = makeUnigram(model, unknownId);
  // Where no piece reaches beyond a word, each word can be cut by itself.
  const byWord = model.pieces.every(({ text }) => text.lastIndexOf(SPACE) <= 0);
  const remembered = new Map<string, number[]>();
  const cutWord = (word: string): number[] => {
    const known = remembered.get(word);
    if (known) return known;
    const ids = cut(word);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(word, ids);
    return ids;
  };
  return {
    special: new Map(
      model.pieces.flatMap(({ text, kind }, id) =>
        kind === 'control' || kind === 'unknown' ? [[text, id] as const] : [],
      ),
    ),
    size: model.pieces.length,
    encode(text) {
      const spaced = spacesOf(replace(text), model.removesExtraSpaces);
      if (spaced === '') return [];
      const marked = `${model.addsSpaceBefore ? SPACE : ''}${spaced.replaceAll(' ', SPACE)}`;
      if (!byWord) return cut(marked);
      return withoutRepeated(wordsOf(marked).flatMap(cutWord), unknownId);
    },
  };
}

function spacesOf(text: string, removesExtra: boolean): string {
  if (!removesExtra) return text;
  const words = text.split(' ').filter((word) => word !== '');
  return words.join(' ');
}

/** Each with the space before it. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let start = 0;
  for (let next = text.indexOf(SPACE, 1); next >= 0; next = text.indexOf(SPACE, next + 1)) {
    words.push(text.slice(start, next));
    start = next;
  }
  words.push(text.slice(start));
  return words;
}

/** What is unknown at the end of a word and at the beginning of the next is unknown once. */
const withoutRepeated = (ids: readonly number[], unknownId: number): number[] =>
  ids.filter((id, i) => id !== unknownId || ids[i - 1] !== unknownId);
