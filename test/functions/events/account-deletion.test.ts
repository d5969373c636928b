import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { makeHandler } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { fill, rowsWith } from '../../domain/accounts/deletion/everything.ts';
import { openWorld, silent, type World } from './world.ts';

const MINUTE = 60_000;
const ID = '019b76da-a800-7123-8abc-0123456789ab';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await fill(world.adapters, ID);
});
afterEach(() => world.close());

/** Deletes in a process of its own, which dies at a write; resolves with how it ended and what it printed. */
async function deleting(fatal: number) {
  const script = join(import.meta.dirname, 'dying-account-deleter.ts');
  const of = [world.dir, ID, String(world.clock.now), String(fatal)];
  const child = spawn(process.execPath, ['--no-warnings', script, ...of], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [[code, signal], printed] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
  return { code, signal, writes: Number(printed) };
}
const sweep = () =>
  makeHandler(permitted('sweep', world.adapters), { logger: silent, settings: { waitingSeconds: 600 } })();

test('a deletion makes many writes', async () => {
  expect(await deleting(0)).toMatchObject({ code: 0, writes: expect.any(Number) });
  expect(rowsWith(world.dir, ID)).toHaveLength(1);
});

test.each([2, 9, 20, 34])('one whose process is killed at write %i is ended by the sweep', async (fatal) => {
  expect(await deleting(fatal)).toMatchObject({ signal: 'SIGKILL' });
  expect(rowsWith(world.dir, ID).length).toBeGreaterThan(1);
  await sweep();
  expect(rowsWith(world.dir, ID)).toHaveLength(1);
  world.clock.now += 31 * MINUTE;
  await sweep();
  expect(rowsWith(world.dir, ID)).toEqual([]);
});

test('one that was never closed is not begun', async () => {
  expect(await deleting(1)).toMatchObject({ signal: 'SIGKILL' });
  const before = rowsWith(world.dir, ID);
  await sweep();
  expect(await world.adapters.table.get(keys.account(ID))).not.toHaveProperty('closed_at');
  expect(rowsWith(world.dir, ID).length).toBeGreaterThan(before.length - 10);
});
