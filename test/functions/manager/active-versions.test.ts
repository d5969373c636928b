/** Which version of a family is active comes back with a backup, where that does not overrule anybody. */
import { expect, jest, test } from '@jest/globals';
import { prefixes } from '#domain/keys.ts';
import type { Table, Write } from '#domain/ports/table/port.ts';
import { takenOut, upload, withModels } from './forged.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens once before the transaction that deletes a model. */
let beforeWrite: (() => Promise<unknown>) | undefined;
const world = useVault((adapters) => ({
  ...adapters,
  table: new Proxy<Table>(adapters.table, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        const happens = name === 'transact' && isDeletion(args[0] as Write[]) ? beforeWrite : undefined;
        if (happens) beforeWrite = undefined;
        await happens?.();
        return own.apply(target, args);
      };
    },
  }),
}));
const isDeletion = ([first]: readonly Write[]) =>
  first?.kind === 'delete' && first.key.sk.startsWith(prefixes.vaultModels);
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

const remove = (id: string, name: string) => world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true });

test('the version that somebody activated is not active any more once it was deleted, nor is a later one of its name', async () => {
  const id = await filled();
  await backUp(id);
  expect((await remove(id, 'c_v1.0')).status).toBe(200);
  expect(await active(id)).toBe('c_v1.1');
  expect((await remove(id, 'c_v1.1')).status).toBe(200);
  expect(await active(id)).toBe('c_v2.0');
  await world.save(id, 'c_v1.1');
  expect(await active(id)).toBe('c_v2.0');
  await restore(id, { overwrite_existing: true });
  expect(await active(id)).toBe('c_v1.1');
});

test.each(['c_v1.1', 'c_v2.0'])('a version that is deleted while %s is activated is not active', async (chosen) => {
  const id = await filled();
  if (chosen === 'c_v1.1') await world.call('POST', `/${id}/models/c_v2.0/activate`);
  beforeWrite = () => world.call('POST', `/${id}/models/${chosen}/activate`);
  expect((await remove(id, 'c_v1.1')).status).toBe(200);
  expect(beforeWrite).toBeUndefined();
  await world.save(id, 'c_v1.1');
  expect(await active(id)).toBe('c_v2.0');
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
