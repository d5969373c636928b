/** What the vault stages or copies counts towards what the installation may store, and is staged once for many downloads. */
import { describe, expect, test } from '@jest/globals';
import { isStagedInPlain } from '#domain/blob-keys.ts';
import { bytesOfVaults } from '#domain/installation/storage.ts';
import { keys } from '#domain/keys.ts';
import { listManagers } from '#domain/vault/managers.ts';
import { getFile, putPart } from './presigned.ts';
import { FILE, PASSWORD, useVault } from './world.ts';

const MOST = 100_000;
const MOST_OF_ACCOUNT = 40_000;
const world = useVault((adapters) => adapters, { caps: { storedBytes: MOST, storedBytesPerAccount: MOST_OF_ACCOUNT } });
const model = (bytes: number) => ({
  model_data: Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64'),
});

const used = async (): Promise<number> => {
  const item = await world.platform.store.table.get(keys.installationStorage());
  return Number(item?.bytes ?? 0);
};
const setUsed = (bytes: number) => world.platform.store.table.update(keys.installationStorage(), { set: { bytes } });
const stagedFiles = async () => {
  const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.filter(({ key }) => isStagedInPlain(key)).length;
};
const PLAIN = { backup_enabled: false };

describe('a download', () => {
  test('of a file that is staged already takes that one, with the right password only', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', { password: PASSWORD });
    const download = (password: string) => world.call('POST', `/${id}/models/download`, { model_name: 'm', password });
    const before = await stagedFiles();
    for (let times = 0; times < 3; times += 1) {
      const { status, body } = await download(PASSWORD);
      expect(status).toBe(200);
      expect((await getFile(world.platform.store, body.download_url)).equals(FILE)).toBe(true);
    }
    expect(await stagedFiles()).toBe(before + 1);
    expect((await download('wrong')).status).toBe(403);
    world.platform.clock.now += 31 * 60_000;
    expect((await download(PASSWORD)).status).toBe(200);
    expect(await stagedFiles()).toBe(before + 2);
    await world.save(id, 'm', { password: PASSWORD, replace_existing: true, model_data: 'AAAA' });
    const { body } = await download(PASSWORD);
    expect(await getFile(world.platform.store, body.download_url)).toHaveLength(3);
  });
});

describe('what the installation may store', () => {
  test('counts downloads, archives and named backups; a deletion with its last backup goes on without room', async () => {
    const id = await world.manager(PLAIN);
    await world.save(id, 'm', model(3000));
    const before = await used();
    await world.call('POST', `/${id}/models/download`, { model_name: 'm' });
    expect(await used()).toBe(before + 3000);
    expect((await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
    const backedUp = await used();
    expect(backedUp).toBeGreaterThanOrEqual(before + 6000);
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'same' });
    expect(await used()).toBe(backedUp);
    expect((await world.call('POST', `/${id}/backup/b/archive`)).status).toBe(200);
    expect(await used()).toBeGreaterThanOrEqual(backedUp + 3000);
    await world.save(id, 'n', model(3000));
    await setUsed(MOST - 10);
    for (const [path, json] of [
      ['models/download', { model_name: 'n' }],
      ['backup/create', { backup_name: 'c' }],
      ['backup/b/archive', undefined],
    ] as const) {
      const { status, body } = await world.call('POST', `/${id}/${path}`, json);
      expect([path, status, body.details.limit_bytes]).toEqual([path, 507, MOST]);
    }
    expect((await world.call('DELETE', `/${id}/models/n?confirm_deletion=true`)).status).toBe(200);
    await setUsed(0);
  });
});

test('uploads that began together are refused where they would end beyond what the account may store', async () => {
  const id = await world.manager(PLAIN);
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(2000)));
  const begin = async (model_name: string) => {
    const { status, body } = await world.call('POST', `/${id}/models/uploads`, { model_name, file_size: 2000 });
    expect(status).toBe(201);
    return body;
  };
  const end = async ({ upload_id, parts }: Awaited<ReturnType<typeof begin>>) => {
    const etag = await putPart(world.platform.store, parts[0].url, bytes);
    return world.call('POST', `/${id}/models/uploads/${upload_id}/complete`, { parts: [{ part: 1, etag }] });
  };
  const [first, second] = [await begin('x'), await begin('y')];
  const { table } = world.platform.store;
  const now = await bytesOfVaults(table, world.accountId);
  await table.update(keys.vaultManager(world.accountId, id), { add: { bytes: MOST_OF_ACCOUNT - 3000 - now } });
  expect((await end(first)).status).toBe(201);
  const refused = await end(second);
  expect([refused.status, refused.body.details]).toEqual([
    507,
    { limit_bytes: MOST_OF_ACCOUNT, stored_bytes: MOST_OF_ACCOUNT - 1000, added_bytes: 2000 },
  ]);
});

test('uploads that end at the same moment are refused where they would end beyond it, of several managers too', async () => {
  const { table } = world.platform.store;
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(2000)));
  const ids = [await world.manager(PLAIN), await world.manager(PLAIN)];
  for (const { id } of await listManagers(table, world.accountId)) {
    await table.update(keys.vaultManager(world.accountId, id), { set: { bytes: 0 } });
  }
  const now = await bytesOfVaults(table, world.accountId);
  await table.update(keys.vaultManager(world.accountId, ids[0]!), { set: { bytes: MOST_OF_ACCOUNT - 5000 - now } });
  const begun = await Promise.all(
    [0, 1, 2, 3].map(async (n) => {
      const path = `/${ids[n % 2]}/models/uploads`;
      const { body } = await world.call('POST', path, { model_name: `at-once-${n}`, file_size: 2000 });
      const parts = [{ part: 1, etag: await putPart(world.platform.store, body.parts[0].url, bytes) }];
      return () => world.call('POST', `${path}/${body.upload_id}/complete`, { parts });
    }),
  );
  const statuses = (await Promise.all(begun.map((end) => end()))).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([201, 201, 507, 507]);
  expect(await bytesOfVaults(table, world.accountId)).toBe(MOST_OF_ACCOUNT - 1000);
});
