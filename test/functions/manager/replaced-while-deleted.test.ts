/** A model that is replaced while it is deleted: the deletion is of the revision that its last backup has. */
import { expect, jest, test } from '@jest/globals';
import { ModelChangedError } from '#domain/vault/errors.ts';
import { getManager } from '#domain/vault/managers.ts';
import { getModel } from '#domain/vault/models.ts';
import { removeModel } from '#domain/vault/remove-model.ts';
import { bytesOf, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();

test('the new one stays, and whoever deletes is told that the model was changed', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  const { table, now } = world.platform.store;
  const manager = await getManager(table, world.accountId, id);
  const read = await getModel(table, manager, 'm');
  const model_data = Buffer.from('newer').toString('base64');
  expect((await world.save(id, 'm', { model_data, replace_existing: true })).status).toBe(201);
  const by = { userId: world.accountId, address: '127.0.0.1', requestId: 'request' };
  await expect(removeModel(table, manager, read, by, now)).rejects.toThrow(ModelChangedError);
  expect(bytesOf(await world.load(id, 'm')).toString()).toBe('newer');
});
