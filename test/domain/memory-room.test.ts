import { expect, test } from '@jest/globals';
import { MemoryRoom } from '#domain/memory-room.ts';

/** Enters, and says so. */
async function enter(room: MemoryRoom, bytes: number, name: string, inside: string[]): Promise<() => void> {
  const entered = await room.enter(bytes);
  inside.push(name);
  return () => entered[Symbol.dispose]();
}

test('there are never more bytes than there is room for, and who came first enters first', async () => {
  const room = new MemoryRoom(10);
  const inside: string[] = [];
  const first = enter(room, 6, 'first', inside);
  const large = enter(room, 5, 'large', inside);
  const small = enter(room, 1, 'small', inside);
  const leaveFirst = await first;
  expect(inside).toEqual(['first']);
  leaveFirst();
  await Promise.all([large, small]);
  expect(inside).toEqual(['first', 'large', 'small']);
});

test('what is larger than the room is alone in it', async () => {
  const room = new MemoryRoom(10);
  const inside: string[] = [];
  const leave = await enter(room, 100, 'huge', inside);
  const next = enter(room, 1, 'next', inside);
  await Promise.resolve();
  expect(inside).toEqual(['huge']);
  leave();
  await next;
  expect(inside).toEqual(['huge', 'next']);
});
