import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { truncate } from '#domain/truncate.ts';

/** As JSON, without the quotes. */
const bytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;

/** Characters of every size in JSON, halves of surrogate pairs among them. */
const texts = fc.string({
  unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', '\u007f', 'é', '…', '\u{1f600}', '\ud800', '\udfff'),
  maxLength: 60,
});

describe('a text that is cut', () => {
  test('stays as it is where it fits, to the byte', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(truncate('abcdef', 5)).toBe('ab…');
    expect(truncate('a"b', 4)).toBe('a"b');
    expect(truncate('a"bc', 4)).toBe('a…');
    expect(truncate('', 3)).toBe('');
  });

  test('takes no more bytes than it may as JSON, is its beginning, and never half of a character', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 3, max: 80 }), (text, most) => {
        const cut = truncate(text, most);
        expect(bytes(cut)).toBeLessThanOrEqual(most);
        if (bytes(text) <= most) return expect(cut).toBe(text);
        expect(cut.endsWith('…') && cut.isWellFormed()).toBe(true);
        const kept = text.slice(0, cut.length - 1);
        expect(cut).toBe(`${kept.toWellFormed()}…`);
        // No character more would have fitted.
        const next = String.fromCodePoint(text.codePointAt(kept.length)!);
        expect(bytes(`${kept}${next}…`)).toBeGreaterThan(most);
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
