import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { body, onlyRow } from '#functions/platform/models/predict.ts';

const cell = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null));
const input = fc.oneof({ weight: 4, arbitrary: fc.array(cell) }, fc.array(fc.jsonValue()), fc.jsonValue());
const request = fc.oneof(
  fc.record({ input }),
  fc.record({ input, probabilities: fc.boolean(), other: cell }, { requiredKeys: [] }),
  fc.jsonValue(),
);

test('a row is made the same without the schema, and what the schema refuses is left to it', () => {
  let made = 0;
  const property = fc.property(request, (value) => {
    const quick = onlyRow(value);
    if (quick === undefined) return;
    made += 1;
    expect(body.safeParse(value)).toEqual({ success: true, data: quick });
  });
  fc.assert(property, { numRuns: 500 });
  expect(made).toBeGreaterThan(50);
});

test.each([
  ['another field', { input: [1], log: true }],
  ['rows', { inputs: [[1]] }],
  ['a row of rows', { input: [[1]] }],
  ['a number that is too large', { input: [Number.POSITIVE_INFINITY] }],
  ['a row by names', { input: { a: 1 } }],
  ['nothing', {}],
])('%s is for the schema', (_, value) => {
  expect(onlyRow(value)).toBeUndefined();
});
