import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterPrefix } from '#embedded/table/query.ts';

const below = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

test('exactly the texts that begin with a prefix lie between the prefix and its successor', () => {
  const point = fc.constantFrom(
    'a',
    'b',
    '\u0000',
    '\u007f',
    '\u0080',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '🚂',
    '\u{10fffe}',
    '\u{10ffff}',
  );
  const text = fc.array(point, { maxLength: 4 }).map((points) => points.join(''));
  fc.assert(
    fc.property(text, text, (prefix, key) => {
      const end = afterPrefix(prefix);
      const within = !below(key, prefix) && (end === undefined || below(key, end));
      expect(within).toBe(key.startsWith(prefix));
    }),
    { numRuns: 2000, seed: 1 },
  );
});
