import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { timeLeft } from '#functions/time-left.ts';

test('time runs out after parts of milliseconds too', async () => {
  const signal = timeLeft(0.9 * 12);
  expect(signal.aborted).toBe(false);
  await once(signal, 'abort');
});

test.each([0, -5, 0.4])('nothing is left of %d milliseconds', (milliseconds) => {
  expect(timeLeft(milliseconds).aborted).toBe(true);
});
