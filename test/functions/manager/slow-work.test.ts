/** What takes long while schedules run, or while others have many keys derived. */
import { beforeEach, expect, jest, test } from '@jest/globals';
import { RateLimitError } from '#domain/errors.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { getFile } from './presigned.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** Before each file of a backup is written. */
let beforePut: () => Promise<void>;
/** How many derivations are refused. */
let refused: number;
beforeEach(() => {
  beforePut = async () => undefined;
  refused = 0;
});

const world = useVault((adapters): Adapters => {
  const backups = new Proxy(adapters.blobs.backups, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        if (key === 'put') await beforePut();
        return (own as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const keys = new Proxy(adapters.keys, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        if (key === 'unwrapDataKey' && refused-- > 0) throw new RateLimitError(1, 'Too many keys are being derived');
        return (own as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { ...adapters, keys, blobs: { ...adapters.blobs, backups } };
});

test('an archive that takes hours to be added is not taken for one that was abandoned', async () => {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b', 'c']) await world.save(id, name, { model_data: Buffer.from(name).toString('base64') });
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  const { download_url } = (await world.call('POST', `/${id}/backup/b/archive`)).body;
  const archive = await getFile(world.platform.store, download_url);
  await world.call('DELETE', `/${id}/backup/b`);
  const { store, settings, clock } = world.platform;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  let writes = 0;
  beforePut = async () => {
    writes += 1;
    clock.now += 3_000_000;
    await makeSchedule(store, { settings, logger })();
  };
  clock.now += 86_400_000;
  const headers = { 'content-type': 'application/gzip' };
  const added = await world.call('POST', `/${id}/backup/upload`, undefined, { headers, raw: archive });
  expect([added.status, added.body]).toMatchObject([201, { backup_name: 'b', model_count: 3 }]);
  expect(writes).toBe(4);
  beforePut = async () => undefined;
  expect((await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b', dry_run: true })).status).toBe(200);
});

test('a rotation waits while others have keys derived, and no model fails for that', async () => {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b']) await world.save(id, name, { password: PASSWORD });
  refused = 3;
  const passwords = { old_password: PASSWORD, new_password: 'the next one' };
  const { status, body } = await world.call('PUT', `/${id}/security/password`, passwords);
  expect([status, body]).toMatchObject([200, { rotated: 2, failed: 0, skipped: 0 }]);
  expect((await world.load(id, 'a', 'the next one')).status).toBe(200);
});
