/** What the vault stores counts in what its account may store: each file of backups once, and earlier revisions. */
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { archiveOf, takenOut, upload } from './forged.ts';
import { scheduler } from './scheduled.ts';
import { useVault } from './world.ts';

jest.setTimeout(120_000);

const MOST = 60_000;
const world = useVault((adapters) => adapters, { caps: { storedBytesPerAccount: MOST } });
const model = (bytes = 3000) => ({
  model_data: Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64'),
});
const PLAIN = { backup_enabled: false };
const DAY_MS = 86_400_000;

const usage = async () => {
  const call = { path: '/account/usage', headers: { 'x-api-key': world.key } };
  const { status, body } = await world.platform.call(call);
  expect(status).toBe(200);
  return body.storage;
};
/** Of the files that there are, but for archives that wait for their download. */
const backupFiles = async () => {
  const { blobs } = await world.platform.store.blobs.backups.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.filter(({ key }) => !key.includes('/archives/')).reduce((sum, { size }) => sum + size, 0);
};
const backUp = (id: string, backup_name: string, more: object = {}) =>
  world.call('POST', `/${id}/backup/create`, { backup_name, ...more });
const drop = (id: string, name: string) => world.call('DELETE', `/${id}/backup/${name}`);
const schedule = () => scheduler(world).run();

/** No test finds what another one has stored. */
beforeEach(async () => {
  const { managers } = (await world.call('GET', '/list')).body;
  for (const { manager_id: id } of managers) {
    const { models } = (await world.call('GET', `/${id}/models/list`)).body;
    const forGood = 'confirm_deletion=true&backup_before_delete=false';
    for (const { model_name } of models) await world.call('DELETE', `/${id}/models/${model_name}?${forGood}`);
    for (const kind of ['named', 'scheduled', 'save', 'deletion']) {
      const { backups } = (await world.call('GET', `/${id}/backup/list?kind=${kind}`)).body;
      for (const { backup_name } of backups) await drop(id, backup_name);
    }
  }
  expect((await usage()).total_bytes).toBe(0);
});

describe('the backups of an account', () => {
  test('count each file once, for as long as a backup holds it, whoever made it', async () => {
    const id = await world.manager();
    expect((await usage()).vault_backup_bytes).toBe(await backupFiles());
    const counts: number[] = [];
    const counted = async () => {
      const { vault_bytes, vault_backup_bytes, total_bytes } = await usage();
      expect(vault_backup_bytes).toBe(await backupFiles());
      expect(total_bytes).toBe(vault_bytes + vault_backup_bytes);
      counts.push(vault_backup_bytes);
    };
    await counted();
    // With a backup of its own.
    await world.save(id, 'm', model());
    await counted();
    await backUp(id, 'b', { encrypt_backup: false });
    await counted();
    world.platform.clock.now += 2 * DAY_MS;
    await schedule();
    await counted();
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true`);
    await counted();
    await drop(id, 'b');
    await counted();
    const [none, saved, named, scheduled, deleted, dropped] = counts;
    expect(saved! - none!).toBeGreaterThan(3000);
    expect([named! - saved!, scheduled! - named!, deleted! - scheduled!].every((more) => more > 0 && more < 2500)).toBe(
      true,
    );
    expect(dropped!).toBeLessThan(deleted!);
    // All that is left are backups that nobody asked for.
    world.platform.clock.now += 31 * DAY_MS;
    await schedule();
    await counted();
    expect(counts.at(-1)).toBe(none);
  });

  test('beyond the limit are 507 with the numbers, and nothing stays; deleting one makes room again', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', model(20_000));
    expect((await backUp(id, 'first')).status).toBe(201);
    const { total_bytes: before, vault_backup_bytes } = await usage();
    // What is encrypted anew for each backup with a password shares nothing.
    const plain = await world.manager({ ...PLAIN, enable_encryption: false });
    expect((await world.save(plain, 'n', model(10_000))).status).toBe(201);
    const refused = await backUp(plain, 'second');
    expect([refused.status, refused.body.details]).toMatchObject([
      507,
      { limit_bytes: MOST, stored_bytes: before + 10_000, added_bytes: expect.any(Number) },
    ]);
    expect((await usage()).vault_backup_bytes).toBe(vault_backup_bytes);
    expect(await backupFiles()).toBe(vault_backup_bytes);
    expect((await world.save(plain, 'o', model(10_000))).status).toBe(507);
    // Those by schedule are made all the same, and count.
    world.platform.clock.now += 2 * DAY_MS;
    await drop(id, 'first');
    expect((await backUp(plain, 'second')).status).toBe(201);
    expect((await usage()).vault_backup_bytes).toBe(await backupFiles());
    expect((await drop(plain, 'second')).status).toBe(200);
    expect((await world.save(plain, 'o', model(10_000))).status).toBe(201);
  });

  test('of several managers at once do not exceed it together', async () => {
    const ids = [await world.manager(PLAIN), await world.manager(PLAIN), await world.manager(PLAIN)];
    for (const id of ids) expect((await world.save(id, 'm', model(12_000))).status).toBe(201);
    const made = await Promise.all(ids.map((id) => backUp(id, 'b')));
    expect(made.map(({ status }) => status).toSorted()).toEqual([201, 507, 507]);
    const { total_bytes, vault_backup_bytes } = await usage();
    expect(total_bytes).toBeLessThanOrEqual(MOST);
    expect(vault_backup_bytes).toBe(await backupFiles());
  });

  test('from archives count, and have to have room', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', model(20_000));
    const archive = await archiveOf(await takenOut(world, id));
    expect((await upload(world, id, archive)).status).toBe(201);
    expect((await usage()).vault_backup_bytes).toBe(await backupFiles());
    expect((await drop(id, 'b')).status).toBe(200);
    await world.save(id, 'n', model(20_000));
    const refused = await upload(world, id, archive);
    expect([refused.status, refused.body.details?.limit_bytes]).toEqual([507, MOST]);
    expect(await backupFiles()).toBe(0);
    expect((await usage()).vault_backup_bytes).toBe(0);
  });

  test('cannot be made to count less by a record that says so', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', model());
    const parts = await takenOut(world, id);
    const { digests } = parts.record.complete as { digests: { ciphertext: object } };
    const forged = { digests: { ...digests, ciphertext: { ...digests.ciphertext, bytes: -1_000_000 } } };
    const { status, body } = await upload(world, id, await archiveOf(parts, forged));
    expect([status, body.details.body]).toEqual([400, expect.stringContaining('-1000000 by its record')]);
    expect((await usage()).vault_backup_bytes).toBe(0);
  });

  test('that an earlier version stored are counted when it is first asked', async () => {
    const { table } = world.platform.store;
    const id = await world.manager();
    await world.save(id, 'm', model());
    const { vault_backup_bytes: known } = await usage();
    const remove = ['backup_bytes', 'backup_changes', 'backups_counted'];
    await table.update(keys.vaultKnown(world.accountId, id), { remove });
    expect((await usage()).vault_backup_bytes).toBe(known);
    await table.update(keys.vaultKnown(world.accountId, id), { remove });
    // Stored before anybody has asked.
    await backUp(id, 'b');
    const files = await backupFiles();
    expect(files).toBeGreaterThan(known);
    expect((await usage()).vault_backup_bytes).toBe(files);
    await table.delete(keys.vaultKnown(world.accountId, id));
    await drop(id, 'b');
    expect((await usage()).vault_backup_bytes).toBe(known);
  });
});

describe('earlier revisions', () => {
  const replace = (id: string, bytes: number) => world.save(id, 'm', { ...model(bytes), replace_existing: true });
  const sweep = () => {
    const { store } = world.platform;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    return makeSweep(store, { logger, settings: { waitingSeconds: 60 } })();
  };

  test('count until their last day, or until their model is deleted', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', model(1000));
    for (const bytes of [2000, 4000]) expect((await replace(id, bytes)).status).toBe(201);
    expect(await usage()).toMatchObject({ vault_bytes: 4000, vault_revision_bytes: 3000, total_bytes: 7000 });
    world.platform.clock.now += 20 * DAY_MS;
    expect((await replace(id, 500)).status).toBe(201);
    expect(await usage()).toMatchObject({ vault_bytes: 500, vault_revision_bytes: 7000 });
    world.platform.clock.now += 11 * DAY_MS;
    await sweep();
    await sweep();
    expect(await usage()).toMatchObject({ vault_bytes: 500, vault_revision_bytes: 4000 });
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    expect(await usage()).toMatchObject({ vault_bytes: 0, vault_revision_bytes: 0 });
    world.platform.clock.now += 40 * DAY_MS;
    await sweep();
    expect((await usage()).total_bytes).toBe(0);
  });

  test('of one name that are very many, too', async () => {
    const id = await world.manager(PLAIN);
    for (let i = 0; i < 45; i += 1) expect((await replace(id, 10)).status).toBe(201);
    expect(await usage()).toMatchObject({ vault_bytes: 10, vault_revision_bytes: 440 });
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    expect((await usage()).vault_revision_bytes).toBe(0);
  });

  test('leave less room for what is saved', async () => {
    const id = await world.manager(PLAIN);
    for (let i = 0; i < 3; i += 1) expect((await replace(id, 18_000)).status).toBe(201);
    const refused = await replace(id, 18_000);
    expect([refused.status, refused.body.details]).toEqual([
      507,
      { limit_bytes: MOST, stored_bytes: 54_000, added_bytes: 18_000 },
    ]);
  });
});
