import { describe, expect, test } from '@jest/globals';
import { expectKeptNames, expectWellFormed, isShallow, withoutTinyNumbers } from '#functions/http/body/json-value.ts';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('a JSON value', () => {
  test('is shallow up to its bound, as an array and as an object', () => {
    expect([isShallow(nested(3), 3), isShallow(nested(4), 3)]).toEqual([true, false]);
    expect([isShallow({ a: { b: 1 } }, 2), isShallow({ a: { b: [] } }, 2)]).toEqual([true, false]);
    expect(isShallow(nested(100_000), 32)).toBe(false);
    expect(isShallow(1, 0)).toBe(true);
  });

  test.each([['\ud800'], [['a', '\udc00']], [{ a: [{ '\ud800': 1 }] }]])(
    'with half a character is refused: %#',
    (value) => {
      expect(() => expectWellFormed(value)).toThrow('Invalid input data');
    },
  );

  test('with whole characters is not', () => {
    expect(() => expectWellFormed([{ '\u{1f600}': 'é' }, 1, null])).not.toThrow();
  });

  test('has 0 where no store has the number', () => {
    const value = JSON.parse('{"a":[1e-130,-1e-130,9e-131,{"b":-5e-324}],"c":0,"__proto__":1e-200}');
    const stored = JSON.parse('{"a":[1e-130,-1e-130,0,{"b":0}],"c":0,"__proto__":0}');
    expect(withoutTinyNumbers(value)).toEqual(stored);
    expect(withoutTinyNumbers(5e-324)).toBe(0);
  });

  test('has the name that objects drop nowhere, and is looked through until that is clear', () => {
    const value = JSON.parse(`[{"a":{"__proto__":1}},${Array.from({ length: 5000 }, () => '{"__proto__":1}')}]`);
    const refused = expect(() => expectKeptNames(value));
    refused.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('checking stopped after 20 details'),
        details: expect.arrayContaining([
          { field: '[0].a.__proto__', message: 'is not a known field' },
          { field: '[19].__proto__', message: 'is not a known field' },
        ]),
      }),
    );
    expect(() => expectKeptNames([{ proto: ['__proto__'] }])).not.toThrow();
  });
});
