import { expect, test } from '@jest/globals';
import { mostWaitingBytes } from '#containers/trainer/waiting.ts';

test('a trainer that waits holds a sixteenth of what it may have, or what any trainer takes', () => {
  const gigabytes = [1, 6.4, 8, 64];
  expect(gigabytes.map((all) => mostWaitingBytes(all * 1e9))).toEqual([400e6, 400e6, 500e6, 4e9]);
});
