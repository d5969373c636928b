import { describe, expect, test } from '@jest/globals';
import { WholeTexts } from '#learning/encoder/whole-texts.ts';

const numbers = (count: number, first = 0): number[] => Array.from({ length: count }, (_, i) => first + i);
const wholes = (texts: readonly number[][], mostTokens?: number): WholeTexts => {
  const all = new WholeTexts({ most: 3, overlap: 1 }, mostTokens);
  for (const text of texts) all.add(text);
  return all;
};
/** With plain numbers. */
const piecesOf = (all: WholeTexts, which: readonly number[], most: number) => {
  const { pieces, mostPieces } = all.of(Int32Array.from(which), most);
  return { pieces: pieces.map(({ text, ids }) => ({ text, ids: [...ids] })), mostPieces };
};

describe('texts to judge a model by', () => {
  test('are whole, in pieces that overlap', () => {
    expect(piecesOf(wholes([[9], numbers(5), [7, 8]]), [1, 2], 10)).toEqual({
      pieces: [
        { text: 0, ids: [0, 1, 2] },
        { text: 0, ids: [2, 3, 4] },
        { text: 1, ids: [7, 8] },
      ],
      mostPieces: undefined,
    });
  });

  test('have so few pieces that all texts have room, and it is said how many', () => {
    const { pieces, mostPieces } = piecesOf(wholes([numbers(41), numbers(41), [1]]), [0, 1, 2], 17);
    expect(mostPieces).toBe(8);
    expect(pieces.map(({ text }) => text)).toEqual([...Array(8).fill(0), ...Array(8).fill(1), 2]);
    expect(pieces[7]!.ids).toEqual([14, 15, 16]);
  });

  test('have one piece at least, however many there are', () => {
    const { pieces } = piecesOf(wholes([numbers(9), numbers(9)]), [0, 1], 1);
    expect(pieces.map(({ text }) => text)).toEqual([0, 1]);
  });

  test('take no more memory than they may, of which the longest give way', () => {
    const { pieces, mostPieces } = piecesOf(wholes([numbers(2049), [1, 2], numbers(5)], 1100), [0, 1, 2], 10_000);
    expect(mostPieces).toBe(512);
    const of = (text: number) => pieces.filter((piece) => piece.text === text).map(({ ids }) => ids);
    expect(of(0)).toHaveLength(512);
    expect(of(0).at(-1)).toEqual([1022, 1023, 1024]);
    expect([of(1), of(2)]).toEqual([
      [[1, 2]],
      [
        [0, 1, 2],
        [2, 3, 4],
      ],
    ]);
  });

  test('may all be one piece', () => {
    expect(piecesOf(wholes([[], [4]]), [0, 1], 2).pieces).toEqual([
      { text: 0, ids: [] },
      { text: 1, ids: [4] },
    ]);
  });

  test('give any of their pieces, each of which is as likely, and say if something is missing', () => {
    const all = wholes([numbers(6), [8]]);
    expect([0, 0.33, 0.34, 0.67, 0.99].map((share) => [...all.pieceOf(0, share)])).toEqual([
      ...[
        [0, 1, 2],
        [0, 1, 2],
        [2, 3, 4],
        [4, 5],
        [4, 5],
      ],
    ]);
    expect([...all.pieceOf(1, 0.99)]).toEqual([8]);
    expect(all.mostPieces).toBeUndefined();
    expect(wholes([numbers(2049)], 1100).mostPieces).toBe(512);
  });
});
