import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TimeLimit } from '#infra/embedded/invoke/time-limit.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a time limit does not run while it is stopped, and restarts in full', async () => {
  const limit = new TimeLimit('platform-api', 1000);
  jest.advanceTimersByTime(900);
  expect(limit.remaining).toBe(100);
  limit.stop();
  jest.advanceTimersByTime(60_000);
  limit.start();
  expect(limit.remaining).toBe(1000);
  jest.advanceTimersByTime(999);
  const first = await Promise.race([limit.expired, 'still running']);
  expect(first).toBe('still running');
  jest.advanceTimersByTime(1);
  await expect(limit.expired).rejects.toThrow('platform-api did not answer within 1 s');
  expect(limit.remaining).toBe(0);
});
