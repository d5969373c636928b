/** Models that are deleted or damaged while their keys are rotated. */
import { expect, jest, test } from '@jest/globals';
import { fileOf } from '#domain/vault/files.ts';
import { getManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import { Meanwhile } from './meanwhile.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens once before a file of a model is read: its record has been read by then. */
const reading = new Meanwhile('get');
const world = useVault((adapters) => reading.in(adapters));

const NEW = 'new_secure_password';
const rotate = async (id: string) => {
  const { logged } = world.platform;
  const from = logged.length;
  const { status, body } = await world.call('PUT', `/${id}/security/password`, {
    ...{ old_password: PASSWORD, new_password: NEW, rotate_model_keys: true },
  });
  const errors = logged.slice(from).filter((line) => line.includes('was not rotated'));
  return { status, errors: errors.length, counts: [body.rotated, body.skipped, body.failed] };
};
const saved = async (...names: string[]) => {
  const id = await world.manager({ backup_enabled: false });
  for (const name of names) await world.save(id, name, { password: PASSWORD });
  return id;
};
const remove = (id: string, name: string) => world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true });

test('one that was deleted is no failure', async () => {
  const id = await saved('a', 'b');
  reading.before = () => remove(id, 'a');
  expect(await rotate(id)).toEqual({ status: 200, errors: 0, counts: [1, 1, 0] });
  expect(bytesOf(await world.load(id, 'b', NEW))).toEqual(FILE);
});

test('one that was deleted says nothing about the old password', async () => {
  const id = await saved('a');
  reading.before = () => remove(id, 'a');
  expect(await rotate(id)).toEqual({ status: 200, errors: 0, counts: [0, 1, 0] });
});

test('one that was deleted and saved again is rotated', async () => {
  const id = await saved('a');
  reading.before = async () => {
    await remove(id, 'a');
    await world.save(id, 'a', { password: PASSWORD });
  };
  expect(await rotate(id)).toEqual({ status: 200, errors: 0, counts: [1, 0, 0] });
  expect(bytesOf(await world.load(id, 'a', NEW))).toEqual(FILE);
});

test('one whose file is missing is a failure, which is logged', async () => {
  const id = await saved('a', 'b');
  const { table, blobs } = world.platform.store;
  const model = await getModel(table, await getManager(table, world.accountId, id), 'b');
  reading.before = () => blobs.artifacts.delete(fileOf(model, 'original'));
  expect(await rotate(id)).toEqual({ status: 200, errors: 1, counts: [1, 0, 1] });
});
