import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Featurizer, gramsOf, wordsOf } from '#learning/text/featurizer.ts';

const of: Featurizer = { version: 1, buckets: 2 ** 15, max_words: 256 };

describe('the n-grams of a text', () => {
  // Stored models depend on these numbers: a change needs another version of the featurizer.
  test('are in the same buckets for ever', () => {
    const { buckets, weights } = gramsOf('Hi you', of);
    expect([...buckets]).toEqual(HI_YOU);
    expect(weights).toHaveLength(HI_YOU.length);
    for (const weight of weights) expect(weight).toBeCloseTo(1 / Math.sqrt(HI_YOU.length), 6);
  });

  test('do not depend on case, on blanks, or on how characters are composed', () => {
    const one = gramsOf('Café  ﬁne', of);
    expect(gramsOf('cafe\u0301 fine', of)).toEqual(one);
    expect(gramsOf('CAFÉ\n\tFINE ', of)).toEqual(one);
  });

  test('have weights of length 1, each bucket once and none that is for padding', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme', maxLength: 300 }), (text) => {
        const { buckets, weights } = gramsOf(text, of);
        expect(new Set(buckets).size).toBe(buckets.length);
        expect(buckets.every((bucket) => bucket > 0 && bucket < of.buckets)).toBe(true);
        if (buckets.length > 0) expect(Math.hypot(...weights)).toBeCloseTo(1, 5);
      }),
    );
  });

  test('of a text of a megabyte are found in a moment, whether or not it has spaces', () => {
    for (const text of ['x'.repeat(1_048_576), 'ab '.repeat(349_525), '\u{1f600}'.repeat(262_144)]) {
      const { buckets } = gramsOf(text, { ...of, max_words: 8192 });
      expect(buckets.length).toBeGreaterThan(0);
      expect(buckets.length).toBeLessThanOrEqual(4096);
    }
  });

  test('are those of so many words from the beginning', () => {
    expect(wordsOf("Don't stop: now_or 3x!", { ...of, max_words: 5 })).toEqual(['don', "'", 't', 'stop', ':']);
    expect(gramsOf('one two three four', { ...of, max_words: 2 })).toEqual(gramsOf('one two', of));
  });
});

const HI_YOU: readonly number[] = [9737, 20391, 24289, 18017, 26860, 18875, 19456, 13653, 26514, 1896, 7724, 1671];
