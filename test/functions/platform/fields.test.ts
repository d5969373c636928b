import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { line } from '#functions/platform/fields.ts';

test('a line has a visible character and no control characters', () => {
  const pieces = fc.constantFrom('a', ' ', '\u00a0', '\u2028', '\t', '\n', '\u0085', '🚂', '\ud800', '');
  const texts = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((each) => each.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      fc.pre(text !== '');
      expect(line(20).safeParse(text).success).toBe(/\S/.test(text) && !/\p{Cc}/u.test(text));
    }),
    { seed: 2026, numRuns: 1000 },
  );
});
