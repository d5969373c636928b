/** What takes long while schedules run, or while others have many keys derived. */
import { beforeEach, expect, jest, test } from '@jest/globals';
import { RateLimitError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { getManager } from '#domain/vault/managers.ts';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { getFile } from './presigned.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

/** Before each file of a backup is written. */
let beforePut: () => Promise<void>;
/** Whether the answers are lost of the transactions that write a model. */
let losesAnswers: boolean;
/** How many derivations are refused. */
let refused: number;
beforeEach(() => {
  beforePut = async () => undefined;
  refused = 0;
  losesAnswers = false;
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
  const guarded = new Proxy(adapters.keys, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key);
      if (typeof own !== 'function') return own;
      return async (...args: unknown[]) => {
        if (key === 'unwrapDataKey' && refused-- > 0) throw new RateLimitError(1, 'Too many keys are being derived');
        return (own as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const table = new Proxy(adapters.table, {
    get(target, key) {
      const own: unknown = Reflect.get(target, key);
      if (typeof own !== 'function') return own;
      if (key !== 'transact') return own.bind(target);
      return async (...args: Parameters<Table['transact']>) => {
        await target.transact(...args);
        const isModel = args[0].some((write) => write.kind === 'put' && write.item.sk.startsWith('MODEL#'));
        if (losesAnswers && isModel) throw new Error('the connection was cut');
      };
    },
  });
  return { ...adapters, table, keys: guarded, blobs: { ...adapters.blobs, backups } };
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

test('a rotation with new keys keeps the file where it does not know whether it has written the record', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { password: PASSWORD });
  losesAnswers = true;
  const passwords = { old_password: PASSWORD, new_password: 'the next one', rotate_model_keys: true };
  const { body } = await world.call('PUT', `/${id}/security/password`, passwords);
  losesAnswers = false;
  expect([body.failed, body.message]).toEqual([1, expect.stringContaining('Not every model')]);
  expect(bytesOf(await world.load(id, 'm', 'the next one')).equals(FILE)).toBe(true);
});

test('a rotation goes on behind an earlier revision whose key cannot be read', async () => {
  const id = await world.manager({ backup_enabled: false });
  for (const name of ['a', 'b']) await world.save(id, name, { password: PASSWORD });
  await world.save(id, 'a', { password: PASSWORD, replace_existing: true });
  const { table } = world.platform.store;
  const { account_id, vault } = await getManager(table, world.accountId, id);
  const [{ revision }] = (await world.call('GET', `/${id}/models/a/info`)).body.revisions;
  const key = keys.vaultRevision(account_id, vault, 'a', revision);
  const { encryption } = (await table.get(key)) as unknown as { encryption: object };
  await table.update(key, { set: { encryption: { ...encryption, wrapped_key: 'damaged' } } });
  const passwords = { old_password: PASSWORD, new_password: 'the next one' };
  const { status, body } = await world.call('PUT', `/${id}/security/password`, passwords);
  expect([status, body]).toMatchObject([200, { rotated: 2, failed: 1 }]);
  expect((await world.load(id, 'b', 'the next one')).status).toBe(200);
});
