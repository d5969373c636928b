import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from '@jest/globals';
import { giveBackMemory } from '#infra/embedded/give-back-memory.ts';

const MIB = 2 ** 20;

/** What is held for new objects, used or not. */
const held = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.physical_space_size / MIB;

test('the room for new objects, which grew while much of them was kept, is given back', () => {
  let kept: object[] = [];
  for (let i = 0; i < 600_000; i += 1) {
    if (kept.length > 200_000) kept = [];
    kept.push({ i });
  }
  expect(held()).toBeGreaterThan(8);
  kept = [];
  giveBackMemory();
  expect(held()).toBeLessThan(4);
  expect(globalThis.gc).toBeUndefined();
});
