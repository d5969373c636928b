import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_SHOWN, showValue } from '#functions/http/validation/show.ts';

describe('a value in a message', () => {
  test('is its JSON, or the beginning of that', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.stringify(value);
        const expected = json.length <= MAX_SHOWN ? json : `${json.slice(0, MAX_SHOWN).toWellFormed()}…`;
        expect(showValue(value)).toBe(expected);
      }),
      { numRuns: 1000, seed: 3 },
    );
    expect(showValue(Number.POSITIVE_INFINITY)).toBe('Infinity');
    expect(showValue(undefined)).toBe('undefined');
  });

  test('is read no further than it is shown', () => {
    let reads = 0;
    const items = new Proxy([] as unknown[], {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        return key === 'length' ? 1_000_000 : Reflect.get(target, key);
      },
    });
    showValue({ first: items, second: items });
    expect(reads).toBeLessThanOrEqual(MAX_SHOWN);
    expect(showValue(['x'.repeat(1_000_000)])).toBe(`["${'x'.repeat(MAX_SHOWN - 2)}…`);
    expect(showValue('\u{1f600}'.repeat(100)).isWellFormed()).toBe(true);
  });
});
