import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Deadlines } from '#domain/deadlines.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('those deadlines pass that were not removed before, each once and within 50 ms, and then there is no timer', () => {
  const deadlines = new Deadlines(() => performance.now());
  const passed: string[] = [];
  const add = (name: string, milliseconds: number) => deadlines.add(milliseconds, () => passed.push(name));
  add('late', 1000);
  add('early', 100);
  const removed = add('removed', 300);
  jest.advanceTimersByTime(99);
  expect(passed).toEqual([]);
  jest.advanceTimersByTime(51);
  expect(passed).toEqual(['early']);
  deadlines.remove(removed);
  jest.advanceTimersByTime(5000);
  expect(passed).toEqual(['early', 'late']);
  expect(jest.getTimerCount()).toBe(0);
  add('again', -1);
  jest.advanceTimersByTime(50);
  expect(passed).toEqual(['early', 'late', 'again']);
});
