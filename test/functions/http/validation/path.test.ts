import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { parsePath } from '#functions/http/validation/parameters.ts';

const schema = z.strictObject({ id: z.string().regex(/^\d$/).transform(Number), name: z.string() });

test('a path is parsed by its own parameters, whatever was asked for before', () => {
  const [first, second] = [
    { id: '1', name: 'a' },
    { id: '2', name: 'a' },
  ];
  for (const given of [first, { ...first }, second, first]) {
    expect(parsePath(schema, given)).toEqual({ id: Number(given.id), name: 'a' });
  }
  for (const given of [{ id: 'x', name: 'a' }, { id: '1' }, { ...first, more: '' }] as Record<string, string>[]) {
    expect(() => parsePath(schema, given)).toThrow('Resource not found');
    expect(parsePath(schema, first)).toEqual({ id: 1, name: 'a' });
  }
});
