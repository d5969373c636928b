import { expect, test } from '@jest/globals';
import { andThen } from '#domain/awaitable.ts';

test('what is there is used at once, and what is not later', async () => {
  expect(andThen(1, (one) => one + 1)).toBe(2);
  const later = andThen(Promise.resolve(1), (one) => one + 1);
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toBe(2);
});

test('what fails at once throws, and what fails later rejects', async () => {
  const fail = (): number => {
    throw new Error('no');
  };
  expect(() => andThen(1, fail)).toThrow('no');
  await expect(andThen(Promise.resolve(1), fail)).rejects.toThrow('no');
});
