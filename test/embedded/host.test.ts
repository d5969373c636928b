import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { addCall } from '#domain/accounts/usage/calls.ts';
import { indexes, keys } from '#domain/keys.ts';
import { Database } from '#embedded/database.ts';
import { FolderInUseError, FolderUnusableError, openEmbedded, openEmbeddedHost } from '#embedded/open.ts';
import { testClock } from '../conformance/table/subject.ts';
import { embeddedOptions, hostOptions, temporaryFolder } from './folder.ts';

let dir: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ dir, remove } = await temporaryFolder());
});
afterEach(() => remove());

/** Starts a script of this folder and resolves with the first line that it prints. */
async function start(script: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, script), dir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, line: String((await lines.next()).value) };
}

test('the folder is created, private to its user', async () => {
  const inner = join(dir, 'a', 'b');
  const host = await openEmbeddedHost(hostOptions(inner));
  expect((await stat(inner)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(join(inner, 'keys'))) {
    expect((await stat(join(inner, 'keys', name))).mode & 0o777).toBe(0o600);
  }
  await host.close();
});

test('a folder has one host, and the error of a second one names the first one’s process', async () => {
  const host = await openEmbeddedHost(hostOptions(dir));
  const second = openEmbeddedHost(hostOptions(dir));
  await expect(second).rejects.toThrow(FolderInUseError);
  await expect(second).rejects.toMatchObject({ dir, pid: process.pid });
  await host.close();
  await (await openEmbeddedHost(hostOptions(dir))).close();
});

test('a host in another process locks the folder until it is killed', async () => {
  const { child } = await start('compute/compute-host.ts');
  const refused = openEmbeddedHost(hostOptions(dir));
  await expect(refused).rejects.toMatchObject({ pid: child.pid });
  await expect(refused).rejects.toThrow(`the data folder ${dir} is in use by another host (process ${child.pid})`);
  const worker = await openEmbedded(embeddedOptions(dir));
  await worker.table.put({ pk: 'a', sk: 'a' });
  await worker.close();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const host = await openEmbeddedHost(hostOptions(dir));
  await host.startCompute();
  await host.close();
});

test('a host locks the folder even if nothing references the host', async () => {
  const { child } = await start('forgetful-host.ts');
  await expect(openEmbeddedHost(hostOptions(dir))).rejects.toMatchObject({ dir, pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('messages that a lost host had received are visible to the next one at once, as a second delivery', async () => {
  const first = await openEmbeddedHost(hostOptions(dir));
  await first.queues.datasets.send('in flight');
  await first.queues.datasets.send('later', { delaySeconds: 600 });
  expect(await first.queues.datasets.receive()).toHaveLength(1);
  await first.close();
  const second = await openEmbeddedHost(hostOptions(dir));
  expect(await second.queues.datasets.receive()).toMatchObject([{ body: 'in flight', receives: 2 }]);
  await second.close();
});

test('a folder that cannot be used is refused in one line', async () => {
  const file = join(dir, 'file');
  await writeFile(file, 'x');
  await expect(openEmbedded(embeddedOptions(file))).rejects.toThrow(FolderUnusableError);
  const copies = { ...hostOptions(join(dir, 'data')), backupCopies: join(file, 'copies') };
  await expect(openEmbeddedHost(copies)).rejects.toThrow(
    `cannot use ${join(file, 'copies')} as the folder of copies of backups: it is not a folder`,
  );
  await expect(openEmbedded(embeddedOptions(join(file, 'inner')))).rejects.toThrow(
    `cannot use ${join(file, 'inner')} as the data folder: it is not a folder`,
  );
});

test('a folder with other files is refused and left unchanged', async () => {
  const home = join(dir, 'home');
  await mkdir(home, { mode: 0o755 });
  await writeFile(join(home, 'letter.txt'), 'x');
  await expect(openEmbeddedHost(hostOptions(home))).rejects.toThrow('it holds other files');
  expect((await stat(home)).mode & 0o777).toBe(0o755);
  expect(await readdir(home)).toEqual(['letter.txt']);
});

test('data that a newer release wrote is refused', async () => {
  await (await openEmbedded(embeddedOptions(dir))).close();
  const database = new Database(join(dir, 'trainyard.db'));
  database.execute('PRAGMA user_version = 99');
  database.close();
  await expect(openEmbedded(embeddedOptions(dir))).rejects.toThrow('has format 99; this release reads up to 5');
});

test('data that an earlier release wrote is migrated, and nothing is lost', async () => {
  const before = await openEmbedded(embeddedOptions(dir));
  await before.queues.datasets.send('kept');
  for (const [id, created_at] of [
    ['second', '2026-01-02'],
    ['first', '2026-01-01'],
  ]) {
    await before.table.put({ pk: `ACCOUNT#${id}`, sk: 'ACCOUNT', id: id!, created_at: created_at! });
  }
  await before.close();
  const database = new Database(join(dir, 'trainyard.db'));
  database.execute(`DROP INDEX messages_by_group; ALTER TABLE messages DROP COLUMN message_group;
    ALTER TABLE messages DROP COLUMN reason; ALTER TABLE parts DROP COLUMN sums; PRAGMA user_version = 1`);
  database.close();
  const after = await openEmbedded(embeddedOptions(dir));
  await after.queues.datasets.deadLetter('broken', 'why');
  expect((await after.queues.datasets.receive()).map(({ body }) => body)).toEqual(['kept']);
  expect(await after.deadLetters.get('datasets')!.receive()).toMatchObject([{ body: 'broken', reason: 'why' }]);
  expect(await after.table.get({ pk: 'OPERATOR', sk: 'OPERATOR' })).toMatchObject({ account_id: 'first' });
  await after.close();
});

test('messages that an earlier release sent belong to their accounts’ groups, and accounts take turns', async () => {
  const before = await openEmbedded(embeddedOptions(dir));
  const bodies = ['ada', 'ada', 'bob'].map((account_id, n) => JSON.stringify({ account_id, dataset_id: `d${n}` }));
  for (const body of ['no JSON', '{}', ...bodies]) await before.queues.datasets.send(body);
  await before.events.publish({ type: 'x', account: 'ada', detail: {} });
  await before.close();
  const database = new Database(join(dir, 'trainyard.db'));
  database.execute(`DROP INDEX messages_by_group; ALTER TABLE messages DROP COLUMN message_group; ALTER TABLE parts DROP COLUMN sums;
    PRAGMA user_version = 3`);
  database.close();
  const after = await openEmbedded(embeddedOptions(dir));
  const received = await after.queues.datasets.receive();
  expect(received.map(({ body, group }) => [body, group])).toEqual([
    ['no JSON', undefined],
    ['{}', undefined],
    [bodies[0], 'ada'],
    [bodies[2], 'bob'],
    [bodies[1], 'ada'],
  ]);
  expect(await after.queuesByName.get('bus')!.receive()).toHaveLength(1);
  await after.close();
});

test('what ended under an earlier release has a place in the index from then on, by which it is deleted one day', async () => {
  const before = await openEmbedded(embeddedOptions(dir));
  const ended = { account_id: 'ada', id: 'j', status: 'completed', ended_at: '2026-01-01T00:00:00.000Z' };
  const items = [
    { ...keys.job('ada', 'j'), ...ended },
    { ...keys.batch('ada', 'b'), ...ended },
    { ...keys.sweep('ada', 's'), ...ended },
  ];
  const others = [
    { ...keys.job('ada', 'active'), account_id: 'ada', status: 'running', ipk: 'ACTIVE', isk: '2026' },
    { ...keys.vaultJob('ada', 'v', 'backup', 'f'), ended_at: '2026' },
  ];
  for (const item of [...items, ...others]) await before.table.put(item);
  await before.close();
  const database = new Database(join(dir, 'trainyard.db'));
  database.execute('ALTER TABLE parts DROP COLUMN sums; PRAGMA user_version = 4');
  database.close();
  const after = await openEmbedded(embeddedOptions(dir));
  const places = [indexes.endedJobs, indexes.endedBatches, indexes.endedSweeps];
  for (const [i, partition] of places.entries()) {
    const { items: found } = await after.table.query({ index: 'byIndex', partition, limit: 10 });
    expect(found).toEqual([{ ...items[i], ipk: partition, isk: ended.ended_at }]);
    expect(await after.table.get(items[i]!)).toEqual(found[0]);
  }
  for (const item of others) expect(await after.table.get(item)).toEqual(item);
  await after.close();
});

test('requests that an earlier release counted still count after an upgrade', async () => {
  const clock = testClock();
  const options = { ...embeddedOptions(dir), now: clock.now };
  const hour = Math.floor(clock.seconds() / 3600);
  const [address, failures] = [keys.rate(`address#192.0.2.1#${hour}`), keys.rate('login#pair#x')];
  const before = await openEmbedded(options);
  for (const key of [keys.rate(`account#ada#${hour}`), address]) {
    await before.table.put({ ...key, count: 1000, expiresAt: clock.seconds() + 60 });
  }
  await before.table.put({ ...failures, failures: 4, expiresAt: clock.seconds() + 60 });
  await before.close();
  await rm(join(dir, 'counters.db'));
  for (const sum of [1001, 1002]) {
    const after = await openEmbedded(options);
    expect((await addCall(after.table, 'ada', clock.now())).count).toBe(sum);
    expect(await after.table.increment(address, 'count', clock.seconds() + 60)).toBe(sum);
    expect(await after.table.get(failures)).toMatchObject({ failures: 4 });
    await after.close();
  }
});

test('several processes open a new folder at once, and none of their increments is lost', async () => {
  const counters = await Promise.all([1, 2, 3].map(() => start('counting.ts', '150')));
  for (const { line } of counters) expect(line).toBe('counted');
  const adapters = await openEmbedded(embeddedOptions(dir));
  expect(await adapters.table.get({ pk: 'shared', sk: 'counter' })).toMatchObject({ n: 450 });
  expect(await adapters.table.increment({ pk: 'shared', sk: 'counter' }, 'n', Number.MAX_SAFE_INTEGER)).toBe(451);
  await adapters.close();
});

test('what has expired is purged, and nothing else', async () => {
  const clock = testClock();
  const host = await openEmbeddedHost({ ...hostOptions(dir), now: clock.now });
  for (let n = 0; n < 1100; n += 1) {
    void host.table.put({ pk: 'a', sk: String(n), ...(n < 1050 && { expiresAt: clock.seconds() + 5 }) });
  }
  await host.table.transact([{ kind: 'put', item: { pk: 'b', sk: 'a' } }], 'token');
  const upload = await host.blobs.datasets.startUpload('a');
  await host.queues.datasets.deadLetter('{}', 'poison');
  const counted = await host.table.increment({ pk: 'b', sk: 'counter' }, 'n', clock.seconds() + 800);
  await host.table.increment({ pk: 'b', sk: 'expiring' }, 'n', clock.seconds() + 5);
  expect(await host.purge()).toEqual({ items: 0, counters: 0, tokens: 0, tasks: 0, deadLetters: 0, uploads: 0 });
  clock.advance(700);
  expect(await host.purge()).toEqual({ items: 1050, counters: 1, tokens: 1, tasks: 0, deadLetters: 0, uploads: 0 });
  expect(await host.table.increment({ pk: 'b', sk: 'counter' }, 'n', clock.seconds() + 100)).toBe(counted + 1);
  expect((await host.table.query({ partition: 'a', limit: 1000 })).items).toHaveLength(50);
  clock.advance(7 * 24 * 3600);
  expect(await host.purge()).toEqual({ items: 0, counters: 1, tokens: 0, tasks: 0, deadLetters: 0, uploads: 1 });
  await expect(host.blobs.datasets.presignParts('a', upload, [{ part: 1, bytes: 1 }], 60)).rejects.toThrow(
    'there is no upload',
  );
  expect(await host.deadLetters.get('datasets')!.receive()).toHaveLength(1);
  clock.advance(7 * 24 * 3600);
  expect((await host.purge()).deadLetters).toBe(1);
  await host.close();
});
