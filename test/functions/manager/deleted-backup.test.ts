/** Backups that are deleted while they are being read. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { deliverer } from './deliver.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens before each file of a backup is read. */
let beforeRead: () => Promise<void> = async () => undefined;
const world = useVault((adapters) => {
  const backups = new Proxy<Blobs>(adapters.blobs.backups, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        if (name === 'get') await beforeRead();
        return own.apply(target, args);
      };
    },
  });
  return { ...adapters, blobs: { ...adapters.blobs, backups } };
});
const deliver = deliverer(world);
afterEach(() => {
  beforeRead = async () => undefined;
});

async function backedUp(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  expect((await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
  return id;
}

/** Deletes the backup before the read of this number, from 1. */
function deletedBefore(read: number, id: string): void {
  let reads = 0;
  beforeRead = async () => {
    reads += 1;
    if (reads === read) await world.call('DELETE', `/${id}/backup/b`);
  };
}

const restore = (id: string) =>
  world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', overwrite_existing: true });

test.each([1, 2])('a restore says that the backup was deleted meanwhile (read %j)', async (read) => {
  const id = await backedUp();
  deletedBefore(read, id);
  const { status, body } = await restore(id);
  expect([status, body.error, body.message]).toEqual([
    404,
    'BackupNotFoundError',
    `Backup 'b' of manager '${id}' was deleted while it was being read`,
  ]);
  const failed = await world.call('GET', `/${id}/audit/trail?action_type=backup_restore&success=false`);
  expect(failed.body.audit_entries).toMatchObject([{ reason: 'backup_not_found' }]);
});

test('so does its archive', async () => {
  const id = await backedUp();
  deletedBefore(2, id);
  const archive = () => world.call('POST', `/${id}/backup/b/archive`);
  let answer = await archive();
  while (answer.status === 202) {
    await deliver();
    answer = await archive();
  }
  expect([answer.status, answer.body.error]).toEqual([404, 'BackupNotFoundError']);
});

test.each([1, 2])('a drill does not report such a backup as damaged (read %j)', async (read) => {
  const id = await backedUp();
  deletedBefore(read, id);
  const drill = await world.call('POST', `/${id}/backup/drill`);
  expect([drill.status, drill.body.error]).toEqual([404, 'BackupNotFoundError']);
});

test('a file that is missing from a backup that is kept is damage still', async () => {
  const id = await backedUp();
  const { backups } = world.platform.store.blobs;
  const { blobs } = await backups.list(`${world.accountId}/vault/${id}/contents/`);
  for (const { key } of blobs) await backups.delete(key);
  const { status, body } = await restore(id);
  expect([status, body.error]).toEqual([422, 'IntegrityError']);
});
