import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { ShortWords } from '#learning/profile/short-words.ts';

/** So that no word is among the last eight bytes. */
const REST = 'the rest';

function placesOf(texts: readonly string[], rest = REST) {
  const bytes = Buffer.from(texts.join('') + rest);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return texts.map((text) => {
    const start = at;
    at += Buffer.byteLength(text);
    return [view, start, at] as const;
  });
}

test.each(['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdefg', 'abcdefgh', 'ÿÿÿÿ', '\u0080é', '\u0000'])(
  '%j is found again, wherever it is',
  (word) => {
    const short = new ShortWords();
    const [first, , second] = placesOf([word, 'between', word]);
    expect(short.find(...first!)).toBe(-1);
    short.add(...first!, 7);
    expect(short.find(...second!)).toBe(7);
  },
);

test.each(['', 'abcdefghi'])('%j is not kept', (word) => {
  const short = new ShortWords();
  const [place] = placesOf([word]);
  short.add(...place!, 7);
  expect(short.find(...place!)).toBe(-1);
});

test('a word in the last eight bytes is not found, and nothing beyond them is read', () => {
  const short = new ShortWords();
  const [inside] = placesOf(['red', 'blue']);
  short.add(...inside!, 1);
  const [, last] = placesOf(['red', 'red'], 'four');
  expect(short.find(...last!)).toBe(-1);
  short.add(...last!, 2);
  expect(short.find(...inside!)).toBe(1);
});

test('nothing is found after it was cleared', () => {
  const short = new ShortWords();
  const [place] = placesOf(['red']);
  short.add(...place!, 1);
  short.clear();
  expect(short.find(...place!)).toBe(-1);
});

describe('of any words', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', 'é'), maxLength: 9 });
  it('each is found as itself or not at all', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 300 }), (texts) => {
        const short = new ShortWords();
        const entries = new Map<string, number>();
        for (const [i, place] of placesOf(texts).entries()) {
          const entry = entries.get(texts[i]!) ?? i;
          entries.set(texts[i]!, entry);
          const found = short.find(...place);
          expect([-1, entry]).toContain(found);
          short.add(...place, entry);
        }
      }),
      { seed: 2026 },
    );
  });
});
