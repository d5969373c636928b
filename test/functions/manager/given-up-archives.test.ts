/** An archive that is given up while it is read leaves no file open. */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { getBackup } from '#domain/vault/backups.ts';
import { getManager } from '#domain/vault/managers.ts';
import { archiveOf } from '#functions/manager/backup/archive.ts';
import { useVault } from './world.ts';

const world = useVault();

/** Files of the data folder's blobs that this process has open. */
const open = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${world.platform.store.dir}/blobs/`);
    } catch {
      return false;
    }
  }).length;

describe.each([true, false])('an archive (compressed: %j)', (compress) => {
  test.each([0, 1, 2, 3])('that is given up after %i pieces leaves no file open', async (pieces) => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { model_data: Buffer.alloc(200_000, 'abc').toString('base64') });
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'b', compress });
    const { store: adapters, settings } = world.platform;
    const backup = await getBackup(adapters.table, await getManager(adapters.table, world.accountId, id), 'b');
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const archive = archiveOf({ adapters, settings, logger }, backup);
    const reading = archive[Symbol.asyncIterator]();
    for (let piece = 0; piece < pieces; piece += 1) await reading.next();
    archive.destroy();
    if (!archive.closed) await once(archive, 'close');
    for (let turns = 0; turns < 200 && open() > 0; turns += 1) await turn();
    expect(open()).toBe(0);
  });
});
