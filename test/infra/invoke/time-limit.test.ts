import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TimeLimit } from '#infra/embedded/invoke/time-limit.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a time limit does not run while it is stopped, and restarts in full', () => {
  const expired: string[] = [];
  const limit = new TimeLimit('platform-api', 1000, ({ message }) => expired.push(message));
  jest.advanceTimersByTime(900);
  expect(limit.remaining).toBe(100);
  limit.stop();
  jest.advanceTimersByTime(60_000);
  limit.start();
  expect(limit.remaining).toBe(1000);
  jest.advanceTimersByTime(999);
  expect(expired).toEqual([]);
  // What has passed is noticed soon.
  jest.advanceTimersByTime(51);
  expect(expired).toEqual(['platform-api did not answer within 1 s']);
  expect(limit.remaining).toBe(0);
});
