/** Deletions of the same at once: one of them deletes, and only its last backup stays. */
import { expect, test } from '@jest/globals';
import { bytesOf, FILE, useVault } from './world.ts';

const world = useVault();

const AT_ONCE = 4;

async function filled(config: object = {}): Promise<string> {
  const id = await world.manager(config);
  await world.save(id, 'm');
  // Not that of the save.
  for (const { backup_name } of (await world.call('GET', `/${id}/backup/list?kind=save`)).body.backups) {
    await world.call('DELETE', `/${id}/backup/${backup_name}`);
  }
  return id;
}

async function atOnce(path: string) {
  const query = '?confirm_deletion=true';
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => world.call('DELETE', `${path}${query}`)));
  const deleted = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 404 || status === 409);
  expect([deleted.length, refused.length]).toEqual([1, AT_ONCE - 1]);
  return deleted[0]!.body;
}

const backups = async (id: string) => (await world.call('GET', `/${id}/backup/list?kind=deletion`)).body.backups;

test.each([true, false])('of a model (encrypted: %j)', async (enable_encryption) => {
  const id = await filled({ enable_encryption });
  const { backup_path } = await atOnce(`/${id}/models/m`);
  const left = await backups(id);
  expect(left.map((one: { backup_name: string }) => `./backups/${one.backup_name}.backup`)).toEqual([backup_path]);
  const { body } = await world.call('POST', `/${id}/backup/restore`, { backup_name: left[0].backup_name });
  expect(body.restored_models).toEqual(['m']);
  expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
});

test('of a manager', async () => {
  const id = await filled();
  await atOnce(`/${id}`);
  await world.call('POST', '/create', { manager_id: id });
  const left = await backups(id);
  expect(left).toHaveLength(1);
  const { body } = await world.call('POST', `/${id}/backup/restore`, { backup_name: left[0].backup_name });
  expect(body.restored_models).toEqual(['m']);
});

test('one after a backup that somebody asked for leaves that and its own', async () => {
  const id = await filled();
  expect((await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
  await atOnce(`/${id}/models/m`);
  expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(2);
});
