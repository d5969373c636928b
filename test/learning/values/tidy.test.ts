import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayBeUntidy, tidy } from '#learning/values/tidy.ts';

/** Characters of every kind that the composition of Unicode, or what nobody sees, has to do with. */
const ODD = [
  ...[
    'a',
    'ö',
    'o\u0308',
    '\u212b',
    '\u2126',
    '\u212a',
    'は\u3099',
    'ハ\u309a',
    'か',
    '東',
    '각',
    '\u1100\u1161\u11a8',
  ],
  ...['\u0958', 'क\u093c', '\ufeff', '\u200b', '\u00ad', '\u2060', '\u202e', '\u2066', '\u200e', '\uf900', '\u2000'],
  ...['–', '“', '…', 'Я', 'й', 'и\u0306', 'é', '\u0344', '\u0374', 'ẛ̣', '\u1e9b\u0323', '😀', '\u2329'],
];

test('what is tidied is found by its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ODD), { minLength: 1, maxLength: 6 }), (parts) => {
      const text = `x${parts.join('')}x`;
      const bytes = Buffer.from(text);
      if (tidy(text) !== text) expect([text, mayBeUntidy(bytes, 0, bytes.length)]).toEqual([text, true]);
    }),
    { numRuns: 3000 },
  );
});

test('so is every character of Unicode, alone and behind one that it may join', () => {
  const missed: string[] = [];
  const see = (text: string) => {
    if (tidy(text) === text) return;
    const bytes = Buffer.from(text);
    if (!mayBeUntidy(bytes, 0, bytes.length)) missed.push(text);
  };
  for (let code = 0x80; code < 0x30000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const one = String.fromCodePoint(code);
    see(`a${one}x`);
    if (!/\p{M}/u.test(one)) continue;
    for (const before of ['a\u0301', 'a\u0345', 'a\u05b0', 'は', 'ا', 'И', 'க', 'ဥ']) see(`x${before}${one}x`);
  }
  expect(missed).toEqual([]);
});

test('tidying twice is tidying once', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => expect(tidy(tidy(text))).toBe(tidy(text))));
});

test('what has dashes and quotes of typography only is not looked at twice', () => {
  const bytes = Buffer.from('a “text” – with … dashes, and Umlaute: Köln');
  expect(mayBeUntidy(bytes, 0, bytes.length)).toBe(false);
});
