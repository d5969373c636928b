/** Restores of models that are saved at the same moment. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

/** What happens once before a file of a backup is read for the models. */
let beforeRead: (() => Promise<unknown>) | undefined;
const world = useVault((adapters) => {
  const backups = new Proxy<Blobs>(adapters.blobs.backups, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        const happens = name === 'get' && String(args[0]).includes('/contents/') ? beforeRead : undefined;
        if (happens) beforeRead = undefined;
        await happens?.();
        return own.apply(target, args);
      };
    },
  });
  return { ...adapters, blobs: { ...adapters.blobs, backups } };
});
afterEach(() => {
  beforeRead = undefined;
});

async function lost(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b']) await world.save(id, name);
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'backup' });
  for (const name of ['a', 'b']) {
    await world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true, backup_before_delete: false });
  }
  return id;
}

const restore = (id: string, more = {}) =>
  world.call('POST', `/${id}/backup/restore`, { backup_name: 'backup', ...more });

test('skip them as they do those that exist, and restore the others', async () => {
  const id = await lost();
  beforeRead = () => world.save(id, 'a', { tags: ['newer'] });
  expect(await restore(id)).toMatchObject({ status: 200, body: { restored_models: ['b'], skipped_models: ['a'] } });
  expect((await world.call('GET', `/${id}/models/a/info`)).body.tags).toEqual(['newer']);
});

test('that overwrite say that it was changed, and not what a restore does not take', async () => {
  const id = await lost();
  beforeRead = () => world.save(id, 'a');
  const { status, body } = await restore(id, { overwrite_existing: true });
  expect([status, body.error, body.message]).toEqual([
    409,
    'ModelChangedError',
    "Model 'a' was changed by another request at the same time; try again",
  ]);
});
