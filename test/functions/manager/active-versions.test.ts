/** Which version of a family is active comes back with a backup, where that does not overrule anybody. */
import { expect, jest, test } from '@jest/globals';
import { takenOut, upload, withModels } from './forged.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const NAMES = ['c_v1.0', 'c_v1.1', 'c_v2.0', 'other_v1'];

async function filled(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  for (const name of NAMES) await world.save(id, name);
  await world.call('POST', `/${id}/models/c_v1.1/activate`);
  return id;
}
async function active(id: string): Promise<string | undefined> {
  const { versions } = (await world.call('GET', `/${id}/models/c/versions`)).body;
  return versions.find(({ is_active }: { is_active: boolean }) => is_active)?.model_name;
}
const backUp = (id: string) => world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
const restore = async (id: string, more: object = {}, backup_name = 'b') => {
  const { status, body } = await world.call('POST', `/${id}/backup/restore`, { backup_name, ...more });
  expect(status).toBe(200);
  return body;
};
const anew = async (id: string) => {
  const deleted = await world.call('DELETE', `/${id}?confirm_deletion=true`);
  await world.call('POST', '/create', { manager_id: id, config: { backup_enabled: false } });
  return deleted.body;
};

test('the version that somebody activated is active again in an empty manager, also from the last backup', async () => {
  const id = await filled();
  await backUp(id);
  const { backup_path } = await anew(id);
  await restore(id, { dry_run: true });
  await restore(id);
  expect(await active(id)).toBe('c_v1.1');
  const entries = (await world.call('GET', `/${id}/audit/trail?action_type=model_activate`)).body.audit_entries;
  expect(entries[0]).toMatchObject({ model_name: 'c_v1.1', facts: { family: 'c', restored: true } });
  expect(entries).toHaveLength(2);
  await anew(id);
  await restore(id, {}, backup_path.replace(/^.*\/(.*)\.backup$/, '$1'));
  expect(await active(id)).toBe('c_v1.1');
});

test('nobody is overruled: neither a choice, nor a newer version that is not in the backup', async () => {
  const id = await filled();
  await backUp(id);
  await world.call('POST', `/${id}/models/c_v1.0/activate`);
  await restore(id, { overwrite_existing: true });
  expect(await active(id)).toBe('c_v1.0');
  await anew(id);
  await world.save(id, 'c_v3.0');
  await restore(id);
  expect(await active(id)).toBe('c_v3.0');
});

test('where only others are restored, the newest of them is active; one of an earlier version says nothing', async () => {
  const id = await filled();
  await backUp(id);
  const parts = await takenOut(world, id, { backup_name: 'plain' });
  await anew(id);
  await restore(id, { models_to_restore: ['c_v1.0', 'c_v2.0'] });
  expect(await active(id)).toBe('c_v2.0');
  await anew(id);
  const earlier = await withModels(parts, (models) =>
    models.map((one) => Object.fromEntries(Object.entries(one).filter(([field]) => field !== 'active'))),
  );
  expect((await upload(world, id, earlier)).status).toBe(201);
  await restore(id, {}, 'plain');
  expect(await active(id)).toBe('c_v2.0');
});
