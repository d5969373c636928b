/** Counters whose sum comes before it is stored: beside another connection, of which there is one in each thread. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EmbeddedAdapters } from '#embedded/adapters.ts';
import { openEmbedded } from '#embedded/open.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

const KEY = { pk: 'account', sk: 'day' };
const LATER = Number.MAX_SAFE_INTEGER;
const LIMIT = 1000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let here: EmbeddedAdapters;
let there: EmbeddedAdapters;
beforeEach(async () => {
  folder = await temporaryFolder();
  here = await openEmbedded(embeddedOptions(folder.dir));
  there = await openEmbedded(embeddedOptions(folder.dir));
});
afterEach(async () => {
  await Promise.all([here.close(), there.close()]);
  await folder.remove();
});

/** The sum, and whether it came before the end of this turn of the event loop. */
async function count({ table }: EmbeddedAdapters): Promise<readonly [sum: number, early: boolean]> {
  let early = true;
  setImmediate(() => {
    early = false;
  });
  const sum = await table.increment(KEY, 'n', LATER, LIMIT);
  return [sum, early];
}

const stored = async ({ table }: EmbeddedAdapters) => (await table.counters(KEY.pk, KEY.sk))[0]?.n;

test('a sum that is well below its limit comes early once the counter is known, and none is lost', async () => {
  expect(await count(here)).toEqual([1, false]);
  expect(await count(here)).toEqual([2, true]);
  expect(await Promise.all([count(here), count(here)])).toEqual([
    [3, true],
    [4, true],
  ]);
  expect([await stored(here), await stored(there)]).toEqual([4, 4]);
});

test('what others have counted since is waited for', async () => {
  await count(here);
  await count(there);
  expect(await count(here)).toEqual([3, false]);
  expect(await count(here)).toEqual([4, true]);
  await stored(here);
  expect(await count(there)).toEqual([5, false]);
});

test('sums that come early are written a few milliseconds later, all at once', async () => {
  await count(here);
  for (let n = 0; n < 3; n++) await count(here);
  expect(await stored(there)).toBe(1);
  while ((await stored(there)) !== 4) await new Promise((tick) => setTimeout(tick, 1));
});

test('many early sums do not wait for the rest of the time', async () => {
  await count(here);
  for (let n = 0; n < 256; n++) await count(here);
  await new Promise(setImmediate);
  expect(await stored(there)).toBe(257);
});

test('what came early is written when the folder is closed', async () => {
  for (let n = 0; n < 3; n++) await count(here);
  await here.close();
  expect(await stored(there)).toBe(3);
  here = await openEmbedded(embeddedOptions(folder.dir));
});

test('near the limit each sum is waited for, and is another one', async () => {
  for (let n = 1; n < 900; n++) await count(here);
  await stored(here);
  expect(await count(here)).toEqual([900, false]);
  const sums = await Promise.all(Array.from({ length: 10 }, (_, n) => count(n % 2 === 0 ? here : there)));
  expect(sums.map(([sum]) => sum).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => 901 + n));
});

test('of a small limit each sum is waited for', async () => {
  const count = ({ table }: EmbeddedAdapters) => table.increment(KEY, 'n', LATER, 100);
  await count(here);
  const sums = await Promise.all(Array.from({ length: 10 }, (_, n) => count(n % 2 === 0 ? here : there)));
  expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => 2 + n));
});

test('a counter that was deleted counts from zero', async () => {
  for (let n = 0; n < 3; n++) await count(here);
  await here.table.deleteCounters(KEY.pk);
  expect(await count(here)).toEqual([1, false]);
});
