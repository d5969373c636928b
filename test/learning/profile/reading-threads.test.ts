import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { COLUMN_PROGRAM, keepThread, takeThread } from '#learning/profile/reading-threads.ts';

test('a thread that has read a table reads the next one, unless it has ended meanwhile', async () => {
  const first = takeThread(COLUMN_PROGRAM);
  keepThread(first);
  const second = takeThread(COLUMN_PROGRAM);
  expect(second).toBe(first);
  second.postMessage({ kind: 'end' });
  expect(await once(second, 'message')).toMatchObject([{ kind: 'states', states: [] }]);
  keepThread(second);
  const ended = once(second, 'exit');
  await second.terminate();
  await ended;
  const third = takeThread(COLUMN_PROGRAM);
  expect(third).not.toBe(second);
  await third.terminate();
});
