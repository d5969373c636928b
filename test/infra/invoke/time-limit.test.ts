import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TimeLimit } from '#infra/embedded/invoke/time-limit.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a time limit does not run while it is stopped, and restarts in full', async () => {
  const expired: string[] = [];
  const limit = new TimeLimit('platform-api', 1000);
  const watched = limit.watch(new Promise(() => {})).catch(({ message }) => expired.push(message));
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
  await watched;
  expect(expired).toEqual(['platform-api did not answer within 1 s']);
  expect(limit.remaining).toBe(0);
});

test('an answer that comes in time ends its limit, also if it is an error', async () => {
  const limit = new TimeLimit('platform-api', 1000);
  jest.advanceTimersByTime(900);
  expect(await limit.watch(Promise.resolve('answer'))).toBe('answer');
  await expect(new TimeLimit('platform-api', 1000).watch(Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(50);
  expect(jest.getTimerCount()).toBe(0);
});

test('a limit that is stopped before its answer is watched restarts with the answer', async () => {
  const limit = new TimeLimit('platform-api', 1000);
  limit.stop();
  const watched = limit.watch(new Promise(() => {}));
  jest.advanceTimersByTime(5000);
  limit.start();
  jest.advanceTimersByTime(1050);
  await expect(watched).rejects.toThrow('platform-api did not answer within 1 s');
});
