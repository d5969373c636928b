import { expect, test } from '@jest/globals';
import { integer, is, mismatches, optional, text, time } from './shape.ts';

const shape = { id: integer, at: time, note: optional(text), names: [text], of: { status: is('ready') } } as const;
const right = { id: 1, at: '2026-01-01T00:00:00.000Z', names: ['a'], of: { status: 'ready' } };

test('a value of the shape has no mismatches', () => {
  expect(mismatches(shape, right)).toEqual([]);
  expect(mismatches(shape, { ...right, note: 'n' })).toEqual([]);
});

test.each([
  ['a field that is missing', { ...right, id: undefined }, 'body.id must be an integer of at least 0; got undefined'],
  ['a field of another type', { ...right, names: ['a', 2] }, 'body.names[1] must be a string; got 2'],
  ['an array that shows nothing', { ...right, names: [] }, 'body.names must be an array with items; got []'],
  ['another value', { ...right, of: { status: 'failed' } }, 'body.of.status must be "ready"; got "failed"'],
  [
    'a time that is none',
    { ...right, at: '2026-13-01T00:00:00Z' },
    'body.at must be a time; got "2026-13-01T00:00:00Z"',
  ],
  ['a list instead of an object', { ...right, of: [] }, 'body.of must be an object; got []'],
  ['a field that nobody has declared', { ...right, extra: 1 }, /^body\.extra is in neither/],
])('%s is one mismatch', (_, value, said) => {
  expect(mismatches(shape, value)).toEqual([typeof said === 'string' ? said : expect.stringMatching(said)]);
});
