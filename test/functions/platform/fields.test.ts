import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { line, nameLine } from '#functions/platform/fields.ts';

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

test.each([
  ['turned around', 'invoice\u202efdp.exe', false],
  ['isolated', 'a\u2066b\u2069', false],
  ['with a space that nobody sees', 'pen\u200bguins', false],
  ['behind a byte order mark', '\ufeffpenguins', false],
  ['of Persian with a non-joiner', 'می\u200cخواهم', true],
  ['of an emoji with joiners', '👩\u200d🔬', true],
  ['of Hebrew', 'פינגווינים', true],
])('a name %s: %j', (_, name, taken) => {
  expect(nameLine(50).safeParse(name).success).toBe(taken);
});
