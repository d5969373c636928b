import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { line, time } from '#functions/http/fields.ts';
import { detailsOf } from '#functions/http/validation/issues.ts';

/** What is said of a value that does not satisfy the schema, one line a fault. */
function faults(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { reportInput: true });
  return [...detailsOf(error!.issues, schema, { root: 'body' })].map(({ field, message }) => `${field}: ${message}`);
}

describe('what is said of a wrong value', () => {
  test.each<[string, z.ZodType]>([
    ['a string', z.string()],
    ['one of several texts', z.enum(['viewer', 'admin'])],
    ['one of several kinds', z.union([z.number(), z.string()])],
    ['a time', time],
  ])('is that it is required where it is not there and has to be %s', (_, schema) => {
    expect(faults(z.strictObject({ field: schema }), {})).toEqual(['field: is required']);
  });

  test('is what was given where it is null', () => {
    expect(faults(z.enum(['viewer', 'admin']), null)).toEqual(['body: must be "viewer" or "admin"; got null']);
  });

  test('is said once, though a number is too large in two ways', () => {
    const count = z.int().min(1).max(10);
    expect(faults(z.strictObject({ count }), { count: 1e300 })).toEqual([
      'count: must be between 1 and 10; got 1e+300',
    ]);
  });

  test('is the bound of a name that the client chose', () => {
    const tags = z.record(line(3), z.string());
    expect(faults(z.strictObject({ tags }), { tags: { long: 'x' } })).toEqual([
      'tags.long: its name must have between 1 and 3 characters; got "long"',
    ]);
    expect(faults(tags, { '\0': 'x' })).toEqual([
      expect.stringContaining('its name must have a visible character and no control characters; got "\\u0000"'),
    ]);
  });

  test('is how a time is written', () => {
    for (const text of ['yesterday', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00+02:00']) {
      expect(faults(time, text)).toEqual([`body: must be a time in UTC such as 2026-01-01T00:00:00Z; got "${text}"`]);
    }
  });
});
