/** Models that are replaced while their record is changed: the earlier revision is what the record had become. */
import { expect, jest, test } from '@jest/globals';
import { Meanwhile } from './meanwhile.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens once before a file of a model is written: the record that the save replaces has been read by then. */
const writing = new Meanwhile('put');
const world = useVault((adapters) => writing.in(adapters));

const NEW = 'new_secure_password';
const NEWER = Buffer.from('newer').toString('base64');
const replace = (id: string) => world.save(id, 'm', { model_data: NEWER, password: 'its own', replace_existing: true });

async function loadEarlier(id: string, password: string) {
  const { revision } = (await world.call('GET', `/${id}/models/m/info`)).body.revisions[0];
  return world.call('POST', `/${id}/models/load`, { model_name: 'm', password, revision });
}

test('the old password does not open an earlier revision that was replaced during the rotation', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { password: PASSWORD });
  writing.before = async () => {
    const rotation = { old_password: PASSWORD, new_password: NEW };
    expect((await world.call('PUT', `/${id}/security/password`, rotation)).body).toMatchObject({
      rotated: 1,
      failed: 0,
    });
  };
  expect((await replace(id)).status).toBe(201);
  expect((await loadEarlier(id, PASSWORD)).body.error).toBe('WrongPasswordError');
  expect(bytesOf(await loadEarlier(id, NEW))).toEqual(FILE);
  expect(bytesOf(await world.load(id, 'm', 'its own')).toString()).toBe('newer');
});

test('what was changed of a model meanwhile stays with its earlier revision', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { password: PASSWORD });
  writing.before = () => world.call('PATCH', `/${id}/models/m`, { metadata: { note: 'changed' } });
  expect((await replace(id)).status).toBe(201);
  expect((await loadEarlier(id, PASSWORD)).body.metadata).toEqual({ note: 'changed' });
});

test('of two that replace it, one is told that it was changed', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { password: PASSWORD });
  writing.before = () => replace(id);
  expect(await replace(id)).toMatchObject({ status: 409, body: { error: 'ModelChangedError' } });
});
