import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findJsonFault } from '#functions/http/body/json-text.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('a fault in JSON', () => {
  test.each([
    ['', 1, 1, 'expected a value, but the text ends'],
    ['{"a": x}', 1, 7, 'expected a value'],
    ['{"a": 1,\n "b" 2}', 2, 6, 'expected ":"'],
    ['{"a": 1,\n\n}', 3, 1, 'expected a field name in double quotes'],
    ["{'a': 1}", 1, 2, 'expected a field name in double quotes'],
    ['[1, 2', 1, 6, 'expected "," or "]", but the text ends'],
    ['[1 2]', 1, 4, 'expected "," or "]"'],
    ['"abc', 1, 5, 'expected the end of a string, but the text ends'],
    ['"a\nb"', 1, 3, 'expected the end of a string'],
    ['"\\x"', 1, 2, 'expected a valid escape'],
    ['{} {}', 1, 4, 'expected nothing after the value'],
    ['01', 1, 2, 'expected nothing after the value'],
    ['NaN', 1, 1, 'expected a value'],
  ])('of %j is found at line %i, column %i', (text, line, column, problem) => {
    expect(findJsonFault(text, 32)).toEqual({ line, column, problem });
  });

  test('is found exactly where the engine finds one', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-0.5e+3',
      'true',
      'null',
      ' ',
      '\n',
      '"\\u00e9"',
      '"\u007f\u0085"',
      '\\',
    ];
    const broken = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(''));
    const cut = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, more]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + more + text.slice(place + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, cut), (text) => {
        expect(findJsonFault(text, 1000) === undefined).toBe(isJson(text));
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  test('is too deep a nesting, however deep', () => {
    expect(findJsonFault('['.repeat(32) + ']'.repeat(32), 32)).toBeUndefined();
    const problem = 'must be nested at most 32 levels deep';
    expect(findJsonFault('['.repeat(33) + ']'.repeat(33), 32)).toEqual({ line: 1, column: 33, problem });
    expect(findJsonFault('{"a":'.repeat(100_000), 32)).toMatchObject({ problem });
  });

  test('is not a great length', () => {
    expect(findJsonFault(JSON.stringify('é"\\'.repeat(300_000)), 32)).toBeUndefined();
  });
});
