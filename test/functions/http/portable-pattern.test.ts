import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { portablePattern, withPortablePatterns } from '#functions/http/portable-pattern.ts';

const SOURCES = [
  /^[^\s\p{Cc}]\P{Cc}*$/u,
  /^(?:\P{Cc}|[\t\n\r])*$/u,
  /^\d{2}[\d.]\D$/u,
  /^[\w-]+\S\s$/u,
  /^[\s\d]*\W$/u,
  /^\[\p{Cc}\]\\d$/u,
].map(({ source }) => source);

const characters = fc.oneof(
  fc.constantFrom(...'a_0 .-[]\\\t\n\r\x00\x1f\x7f\x85\xa0\u2028\ufeff\u0661é'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const texts = fc.array(characters, { maxLength: 4 }).map((each) => each.join(''));

describe('a portable pattern', () => {
  test.each(SOURCES)('of %s matches the same texts', (source) => {
    const portable = portablePattern(source);
    expect(portable.replaceAll('\\\\', '')).not.toMatch(/\\[dDwWsS]|\\[pPu]\{/);
    const [ours, theirs] = [new RegExp(source, 'u'), new RegExp(portable, 'u')];
    fc.assert(
      fc.property(texts, (text) => expect(theirs.test(text)).toBe(ours.test(text))),
      { seed: 2026, numRuns: 2000 },
    );
  });

  test.each(['\\p{L}', '[\\p{L}]', '[^\\S]', '[\\P{Cc}]', '\\u{1f600}'])('cannot have %s', (source) => {
    expect(() => portablePattern(source)).toThrow(`in the pattern ${source} cannot be read everywhere`);
  });

  test('is what a document has everywhere, and its examples stay as they are', () => {
    const document = { a: [{ pattern: '\\d', example: '\\d' }], properties: { pattern: { type: 'string' } } };
    expect(withPortablePatterns(document)).toEqual({
      a: [{ pattern: '[0-9]', example: '\\d' }],
      properties: { pattern: { type: 'string' } },
    });
  });
});
