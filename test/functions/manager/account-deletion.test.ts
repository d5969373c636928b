/** The deletion of an account that has backups, also in the second location. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { FolderBlobs } from '#embedded/blobs/folder-blobs.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { makeHandler as makePlatform } from '#functions/platform/api.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { rowsWith } from '#test/domain/accounts/deletion/everything.ts';
import { scheduler } from './scheduled.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'trainyard-copies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const backupCopies = new FolderBlobs(folder);
const world = useVault((adapters) => ({ ...adapters, backupCopies }));

test('an account with backups goes without an error, and the sweep leaves nothing of it', async () => {
  const { platform, accountId, key } = world;
  const { store, settings, clock } = platform;
  const errors: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => errors.push(String(line[0])) };
  const adapters = { ...store, backupCopies };
  const schedule = scheduler(world);
  const runSchedule = () => schedule.run((adapters) => ({ ...adapters, backupCopies }));
  const sweep = makeSweep(permitted('sweep', adapters), { settings: { waitingSeconds: 600 }, logger });
  const left = async () => {
    const stores = [...Object.values(store.blobs), backupCopies];
    const found = await Promise.all(stores.map((blobs) => blobs.list(`${accountId}/`)));
    return found.map(({ blobs }) => blobs.length);
  };

  const id = await world.manager();
  await world.save(id, 'm');
  expect((await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
  await runSchedule();
  expect((await left()).filter((files) => files > 0)).toHaveLength(3);

  const api = makePlatform(permitted('platform-api', adapters), { settings, logger });
  const removal = { method: 'DELETE', path: '/account', headers: { 'x-api-key': key }, json: { confirm: 'ada' } };
  expect((await platform.call(removal, api)).status).toBe(202);
  expect(errors).toEqual([]);
  await sweep();
  expect(await left()).toEqual([0, 0, 0, 0]);

  clock.now += 32 * 60_000;
  await runSchedule();
  await sweep();
  expect(await left()).toEqual([0, 0, 0, 0]);
  expect(rowsWith(store.dir, accountId).filter((row) => !row.startsWith('messages:'))).toEqual([]);
  expect(errors).toEqual([]);
});
