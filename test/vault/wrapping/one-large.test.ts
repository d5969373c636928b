import { locks, Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { derive } from '#vault/wrapping/derive.ts';
import { LARGE_LOCK, oneLarge } from '#vault/wrapping/one-large.ts';

const HOLDS = `
  const { locks, parentPort } = require('node:worker_threads');
  locks.request(process.argv[2], () => new Promise((resolve) => {
    parentPort.postMessage('held');
    parentPort.once('message', resolve);
  }));
`;
let thread: Worker | undefined;
afterEach(() => thread?.terminate());

/** Another thread in which a large derivation runs. */
async function holding(): Promise<Worker> {
  const started = new Worker(HOLDS, { eval: true, argv: [LARGE_LOCK] });
  thread = started;
  await new Promise((resolve) => started.once('message', resolve));
  return started;
}

test('of the derivations that take much memory, one runs in all threads', async () => {
  const other = await holding();
  const ended: string[] = [];
  const begin = async (name: string, memoryKiB: number) => {
    const of = { algorithm: 'argon2id', memoryKiB, passes: 1, parallelism: 1 } as const;
    await derive('a password', Buffer.from('a salt of 16 by.'), of);
    ended.push(name);
  };
  const large = begin('large', 80_000);
  await begin('usual', 65_536);
  expect((await locks.query()).pending).toMatchObject([{ name: LARGE_LOCK }]);
  other.postMessage('go on');
  await large;
  expect(ended).toEqual(['usual', 'large']);
});

test('one whose thread was terminated holds up the next ones for a while, not for ever', async () => {
  await (await holding()).terminate();
  expect(await oneLarge(async () => 'after it', 50)).toBe('after it');
  expect(await oneLarge(async () => 'and the next', 60_000)).toBe('and the next');
});

test('fails as what it runs fails', async () => {
  await expect(oneLarge(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
});
