/** Records that cannot be read as they are written now. */
import { expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { parseSettings } from '#domain/settings.ts';
import { scheduler } from './scheduled.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();

/** Overwrites fields of a manager's configuration, as another version would have stored them. */
async function store(id: string, fields: object): Promise<void> {
  const { table } = world.platform.store;
  const key = keys.vaultManager(world.accountId, id);
  const { config } = (await table.get(key))!;
  await table.update(key, { set: { config: { ...(config as object), ...fields } } });
}

const scheduled = async (id: string) =>
  (await world.call('GET', `/${id}/backup/list?kind=scheduled`)).body.total_backups;

async function runSchedule(): Promise<string[]> {
  const { logged } = world.platform;
  const before = logged.length;
  await scheduler(world).run();
  return logged.slice(before);
}

test('a manager with a path that an earlier version took from the environment works, and can be deleted', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  await store(id, { model_path: '/var/models' });
  const info = await world.call('GET', `/${id}/info`);
  expect([info.status, info.body.config.model_path]).toEqual([200, '/var/models']);
  expect((await world.save(id, 'n')).status).toBe(201);
  expect((await world.call('GET', '/list')).status).toBe(200);
  expect((await world.call('GET', '/nobody/info')).status).toBe(404);
  expect((await world.call('DELETE', `/${id}?confirm_deletion=true`)).status).toBe(200);
});

test('a manager whose record cannot be read keeps no other from its scheduled backup', async () => {
  const [bad, good] = [await world.manager(), await world.manager()];
  await world.save(good, 'm');
  await store(bad, { task_type: 'of a later version' });
  world.platform.clock.now += 25 * 3_600_000;
  expect(await runSchedule()).toEqual([expect.stringContaining('cannot be read')]);
  expect(await scheduled(good)).toBe(1);
  expect((await world.call('GET', '/nobody/info')).status).toBe(404);
  // It is looked at again, but not at each run.
  expect(await runSchedule()).toEqual([]);
});

test('the settings of an installation take no path that no manager can have', () => {
  expect(() => parseSettings({ vault: { modelPath: '/var/models' } })).toThrow('must be a relative path');
});
