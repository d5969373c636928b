import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { FILTER_PATTERN, parseFilter, passes } from '#domain/webhooks/filter.ts';

const data = { model_name: 'churn', accuracy: 0.5, progress: 30, metrics: { val_accuracy: 0.89, loss: 1e-3 } };
const holds = (filter: string) => passes(parseFilter(filter), data);

describe('a filter', () => {
  test.each([
    ['val_accuracy < 0.9', true],
    ['val_accuracy<0.89', false],
    ['val_accuracy <= 0.89', true],
    ['val_accuracy >= 0.9', false],
    ['val_accuracy > -1', true],
    ['loss = 0.001', true],
    ['loss = 1e-3', true],
    ['loss != 0.001', false],
    ['progress = 30', true],
    ['model_name = "churn"', true],
    ["model_name = 'churn'", true],
    ['model_name != "churn"', false],
    ['model_name = "and"', false],
    ['val_accuracy < 0.9 and model_name = "churn"', true],
    ['val_accuracy < 0.9 AND model_name = "x"', false],
    ['  val_accuracy  <  0.9  ', true],
  ])('%s: %p', (filter, expected) => {
    expect(holds(filter)).toBe(expected);
  });

  test.each([
    'val_loss < 1',
    'val_loss != 1',
    'model_name < 1',
    'accuracy = "0.5"',
    'toString = "x"',
    '__proto__ != 1',
  ])('an event without that metric, or with another type, is not wanted: %s', (filter) => {
    expect(holds(filter)).toBe(false);
  });

  test('a metric comes before a field of the same name', () => {
    const both = { loss: 1, metrics: { loss: 2 } };
    expect(passes(parseFilter('loss = 2'), both)).toBe(true);
  });

  test.each([
    ['', 'at character 1: must be the name of a metric or a field; got the end'],
    ['val_accuracy', 'at character 13: must be one of = != < <= > >=; got the end'],
    ['val_accuracy ~ 1', 'at character 14: must be one of = != < <= > >=; got "~ 1"'],
    ['val_accuracy < ', 'at character 16: must be a number or a quoted text; got the end'],
    ['val_accuracy < 0.9.1', 'at character 16: must be a number or a quoted text; got "0.9.1"'],
    ['val_accuracy < NaN', 'at character 16: must be a number or a quoted text; got "NaN"'],
    ['loss < 1 or loss > 2', 'at character 10: must be "and" or the end; got "or loss > 2"'],
    ['loss < 1 and', 'at character 13: must be the name of a metric or a field; got the end'],
    ['model_name < "a"', 'at character 14: must be a number after <; got "\\"a\\""'],
    ['model_name = "a', 'at character 14: must be a number or a quoted text; got "\\"a"'],
    ['loss < 1e999', 'at character 8: must be a finite number; got "1e999"'],
    ['x'.repeat(501), 'must have at most 500 characters; got 501'],
    [Array.from({ length: 11 }, () => 'a<1').join(' and '), 'must have at most 10 comparisons; got more'],
  ])('%j is refused with the position', (filter, message) => {
    const refused = (): unknown => {
      try {
        return parseFilter(filter);
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toBeInstanceOf(ValidationError);
    expect((refused() as ValidationError).details).toEqual([{ field: 'filter', message }]);
  });

  test('whatever the text, it is read or refused as bad input', () => {
    const piece = fc.constantFrom(
      'a',
      '_',
      ' ',
      '<',
      '=',
      '!',
      '"',
      "'",
      '1',
      '.',
      'e',
      '-',
      'and',
      '\n',
      '(',
      '\u{1f682}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          expect(typeof holds(pieces.join(''))).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
      }),
    );
  });

  test('compares as numbers do', () => {
    const number = fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
      .map((x) => Number(x.toFixed(6)));
    fc.assert(
      fc.property(number, number, (found, bound) => {
        const of = (operator: string) => passes(parseFilter(`m ${operator} ${bound.toFixed(6)}`), { m: found });
        expect([of('<'), of('<='), of('='), of('!='), of('>='), of('>')]).toEqual([
          found < bound,
          found <= bound,
          found === bound,
          found !== bound,
          found >= bound,
          found > bound,
        ]);
      }),
    );
  });
});

test('the pattern for documents matches filters only', () => {
  const filters = fc.stringMatching(new RegExp(FILTER_PATTERN), { maxLength: LIMITS.webhooks.filterCharacters });
  fc.assert(
    fc.property(filters, (text) => expect(() => parseFilter(text)).not.toThrow()),
    { seed: 2026, numRuns: 500 },
  );
  for (const text of ['', '0', 'a', 'a < "b"', 'a = 1 anda = 2', 'a = 1 and', 'a == 1']) {
    expect(new RegExp(FILTER_PATTERN).test(text)).toBe(false);
  }
});
