import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { exampleOf } from '#functions/http/example.ts';

describe('an example of a schema', () => {
  test.each([
    ['its own example', z.string().meta({ example: 'ada' }), 'ada'],
    ['its own example rather than its default', z.int().default(1).meta({ example: 7 }), 7],
    ['the default', z.int().default(3), 3],
    ['the only value', z.literal('bearer'), 'bearer'],
    ['the first of several values', z.enum(['asc', 'desc']), 'asc'],
    ['a value of the format', z.uuid(), '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55'],
    ['a number within the bounds', z.int().min(5), 5],
    ['a value rather than null', z.number().nullable(), 1],
    ['the first alternative', z.union([z.strictObject({ a: z.boolean() }), z.string()]), { a: true }],
    ['one item', z.array(z.strictObject({ n: z.literal(2) }).meta({ id: 'ExampleItem' })), [{ n: 2 }]],
  ])('is %s', (_, schema, expected) => {
    expect(exampleOf(schema, 'input')).toEqual(expected);
  });

  test('has the optional fields that have an example, and no others', () => {
    const schema = z.strictObject({
      id: z.uuid(),
      shown: z.string().optional().meta({ example: 'x' }),
      hidden: z.string().optional(),
    });
    expect(exampleOf(schema, 'input')).toEqual({ id: expect.any(String), shown: 'x' });
  });
});
