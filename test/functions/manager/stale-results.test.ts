/** A result that waited for whoever asks is no answer once it says what is not so any more. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { deliverer } from './deliver.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** Everything goes on as a job. */
const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

const OTHER = Buffer.from('another model');
const replace = (id: string, name: string) =>
  world.save(id, name, { model_data: OTHER.toString('base64'), replace_existing: true });

async function ended(ask: () => ReturnType<typeof world.call>) {
  expect((await ask()).status).toBe(202);
  await deliver();
}
async function toEnd(ask: () => ReturnType<typeof world.call>) {
  await ended(ask);
  return ask();
}

async function saved(config: object = {}, more: object = {}) {
  const id = await world.manager({ backup_enabled: false, ...config });
  await world.save(id, 'm', more);
  return id;
}
const backUp = (id: string) => () => world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });

describe('a result that nobody asked for', () => {
  test('of a restore is none once what was restored was replaced: it is restored again', async () => {
    const id = await saved();
    await toEnd(backUp(id));
    const restore = () => world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', overwrite_existing: true });
    await ended(restore);
    await replace(id, 'm');
    expect((await toEnd(restore)).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('of a restore that is still so is the answer, whatever else was saved', async () => {
    const id = await saved();
    await toEnd(backUp(id));
    const restore = (dry_run: boolean) => () =>
      world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', overwrite_existing: true, dry_run });
    for (const dryRun of [false, true]) {
      await ended(restore(dryRun));
      await world.save(id, `n${dryRun}`);
      const { status, body } = await restore(dryRun)();
      expect([status, body]).toMatchObject([
        200,
        { [dryRun ? 'would_restore' : 'restored_models']: ['m'], dry_run: dryRun },
      ]);
    }
  });

  test('of a backup is none once that was deleted: it is made again', async () => {
    const id = await saved();
    await ended(backUp(id));
    await world.call('DELETE', `/${id}/backup/b`);
    expect((await toEnd(backUp(id))).status).toBe(201);
    expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(1);
  });

  test('of a deletion is none once there is such a model again: that is deleted', async () => {
    const id = await saved();
    const remove = () =>
      world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true, backup_before_delete: true });
    await ended(remove);
    await world.save(id, 'm', { model_data: OTHER.toString('base64') });
    expect((await toEnd(remove)).status).toBe(200);
    expect((await world.load(id, 'm')).status).toBe(404);
  });

  test('of a rotation is none once models were saved with the old password: they are rotated', async () => {
    const id = await saved({}, { password: PASSWORD });
    const rotate = (old_password: string, new_password: string) => () =>
      world.call('PUT', `/${id}/security/password`, { old_password, new_password, rotate_model_keys: true });
    await ended(rotate(PASSWORD, 'the next one'));
    await world.save(id, 'n', { password: PASSWORD });
    expect((await toEnd(rotate(PASSWORD, 'the next one'))).body).toMatchObject({ rotated: 1, skipped: 1 });
    expect((await world.load(id, 'n', 'the next one')).status).toBe(200);
  });
});

describe('the deletion of a manager that goes on as a job', () => {
  const remove = (id: string) => () => world.call('DELETE', `/${id}?confirm_deletion=true`);

  test.each([
    ['was replaced', (id: string) => replace(id, 'm')],
    ['has other metadata', (id: string) => world.call('PATCH', `/${id}/models/m`, { tags: ['new'] })],
    [
      'was deleted and saved again',
      async (id: string) => {
        await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true });
        return world.save(id, 'm');
      },
    ],
  ])('deletes nothing where a model %s since it was asked for', async (_, change) => {
    const id = await saved();
    expect((await remove(id)()).status).toBe(202);
    expect((await change(id)).status).toBeLessThan(300);
    await deliver();
    const refused = await remove(id)();
    expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining('delete it again')]);
    expect((await world.load(id, 'm')).status).toBe(200);
    await toEnd(remove(id));
    expect((await world.load(id, 'm')).status).toBe(404);
  });
});
