/**
 * Today's host opens data folders that earlier releases wrote and left when they were killed. The last folder is written
 * by today's program, so that the script that writes them keeps working.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { indexes, keys, prefixes } from '#domain/keys.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { queues } from '#infra/topology.ts';
import { type RunningHost, startHostProcess } from './running-host.ts';
import { laterBy } from './upgrade/clock.ts';
import type { Manifest, Person } from './upgrade/manifest.ts';
import { User } from './user.ts';

const FIXTURES = 'test/fixtures/data-folders';
const RELEASES = readdirSync(FIXTURES).flatMap((name) => /^(.+)\.tar\.gz$/.exec(name)?.[1] ?? []);
/** Access tokens are still valid, and checkpoints of jobs that have ended are due to be deleted. */
const LATER_MS = 20 * 60_000;
/** Slow enough for the account's rate limit. */
const POLL_MS = 250;
/** The sweep runs when a host starts. */
const SWEEP_MS = 20_000;

jest.setTimeout(120_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-upgrade-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8'));

function unpack(release: string, dir: string): Manifest {
  mkdirSync(dir);
  execFileSync('tar', ['-xzf', join(FIXTURES, `${release}.tar.gz`), '-C', dir]);
  return readManifest(join(FIXTURES, `${release}.json`));
}

function writeNow(dir: string): Manifest {
  const file = `${dir}.json`;
  const options = ['--disable-warning=ExperimentalWarning', 'test/e2e/upgrade/write.ts'];
  execFileSync(process.execPath, [...options, dir, file], { stdio: 'pipe', timeout: 100_000 });
  return readManifest(file);
}

describe.each([
  ...RELEASES.map((release) => ({ writer: `release ${release}`, make: (dir: string) => unpack(release, dir) })),
  { writer: 'today’s program', make: writeNow },
])('a data folder of $writer', ({ writer, make }) => {
  let manifest: Manifest;
  let host: RunningHost;
  let store: EmbeddedAdapters;
  let ada: User;

  beforeAll(async () => {
    const dir = join(folder, writer);
    manifest = make(dir);
    const later = Date.parse(manifest.writtenAt) + LATER_MS - Date.now();
    host = await startHostProcess(dir, { nodeOptions: laterBy(later) });
    store = await openEmbedded({ dir, baseUrl: host.base, queues, now: () => Date.now() + later });
    ada = personOf(manifest.ada);
  });
  afterAll(async () => {
    await store?.close();
    await host?.stop();
  });

  function personOf({ username, password, access_token }: Person): User {
    const user = new User({ base: host.base, pollMilliseconds: POLL_MS }, username, password);
    user.client.useToken(access_token);
    return user;
  }
  test('has its accounts: access tokens, refresh tokens and passwords are still valid', async () => {
    for (const person of [manifest.ada, manifest.grace]) {
      const user = personOf(person);
      expect(await user.client.get('/auth/me')).toMatchObject({ username: person.username });
      const { refresh_token } = person;
      const { access_token } = await user.client.post<{ access_token: string }>('/auth/refresh', { refresh_token });
      user.client.useToken(access_token);
      await user.client.get('/auth/me');
      await user.login();
      const { username, password } = person;
      const email = `${username}@example.com`;
      const again = user.client.post('/auth/register', { username, email, password, full_name: 'Another' });
      await expect(again).rejects.toThrow('username and email already taken');
    }
  });

  test('answers requests about finished records as before', async () => {
    for (const person of [manifest.ada, manifest.grace]) {
      const { client } = personOf(person);
      for (const [path, answer] of Object.entries(person.answers)) {
        expect([path, await client.get(path)]).toMatchObject([path, answer]);
      }
    }
  });

  test('hides one account’s records from another', async () => {
    const stranger = personOf(manifest.grace);
    await expect(stranger.client.get(`/models/${manifest.model.id}`)).rejects.toThrow('answered 404');
  });

  test('has its model, which predicts the same and downloads byte for byte the same', async () => {
    const { id, sha256, inputs, predictions } = manifest.model;
    const listed = await ada.client.get<{ models: { id: string }[] }>('/models');
    expect(listed.models.map((model) => model.id)).toContain(id);
    expect(await ada.client.post(`/models/${id}/predict`, { inputs })).toEqual(predictions);
    const bytes = await ada.client.download(`/models/${id}/download`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  test('replays the answer to a request that is sent again with its Idempotency-Key', async () => {
    const { path, key, body, answer } = manifest.repeatable;
    const headers = {
      ...{ authorization: `Bearer ${manifest.ada.access_token}`, 'content-type': 'application/json' },
      'idempotency-key': key,
    };
    const again = await fetch(`${host.base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.json()).toEqual(answer);
  });

  test('finishes what was under way, whether its message was queued, in flight or never sent', async () => {
    for (const dataset of [manifest.queuedDataset, manifest.unsentDataset]) {
      expect([dataset, await ada.processed(dataset)]).toMatchObject([dataset, { status: 'ready' }]);
    }
    for (const job of [manifest.runningJob, manifest.queuedJob, manifest.unsentJob]) {
      await ada.jobIs(job, ({ status }) => status !== 'queued' && status !== 'running');
      expect([job, await ada.status(job)]).toMatchObject([job, { status: 'completed', progress: 100 }]);
    }
    await ada.until(
      async () => store.queuesByName.get('datasets')!.counts(),
      ({ waiting, inFlight }) => waiting + inFlight === 0,
    );
  });

  test('numbers and versions new models after the one that it had', async () => {
    const { id } = manifest.ada.answers['/auth/me'] as { id: string };
    const mine = { partition: keys.account(id).pk, prefix: prefixes.models, limit: 10 };
    const models = await ada.until(
      async () => (await store.table.query(mine)).items,
      (items) => items.length === 4,
    );
    expect(models.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4]);
    expect(new Set(models.map(({ version }) => version)).size).toBe(4);
  });

  test('accepts the rest of a multipart upload at the presigned URL that it handed out', async () => {
    const { id, file, part_url } = manifest.upload;
    const url = new URL(part_url);
    const again = await fetch(`${host.base}${url.pathname}${url.search}`, { method: 'PUT', body: file });
    const etag = again.headers.get('etag');
    // Release 0.1.0 had a SHA-256.
    expect([again.status, etag]).toEqual([200, expect.stringMatching(/^"[0-9a-f]{8}-\d{1,9}"$/)]);
    const { id: created } = await ada.client.post<{ id: string }>(`/datasets/uploads/${id}/complete`, {
      parts: [{ part: 1, etag }],
    });
    expect(await ada.processed(created)).toMatchObject({ status: 'ready', file_size: file.length });
  });

  test('has its dead-lettered event and its dead-lettered message, each with the reason', async () => {
    const page = await store.table.query({ index: 'byIndex', partition: indexes.deadLettered, limit: 10 });
    const { dataset, reason } = manifest.deadLettered;
    expect(page.items).toMatchObject([
      { type: 'dataset.processed', detail: { dataset_id: dataset }, reason: expect.stringContaining(reason) },
    ]);
    expect(await store.deadLetters.get('datasets')!.receive()).toMatchObject([
      { body: manifest.deadMessage, reason: expect.stringContaining('UnreadableMessageError') },
    ]);
  });

  test(
    'deletes orphaned files once they are due, and not before',
    async () => {
      const files = async (prefix: string) => (await store.blobs.datasets.list(prefix)).blobs;
      await ada.until(
        () => files(manifest.deletedFiles),
        (found) => found.length === 0,
      );
      expect(await files(manifest.abandonedFiles)).toHaveLength(1);
      const { items } = await store.table.query({ index: 'byIndex', partition: indexes.orphans, limit: 100 });
      const marks = items.map(({ prefix }) => prefix);
      expect(marks).toContain(manifest.abandonedFiles);
      expect(marks).not.toContain(manifest.deletedFiles);
      const { job_id } = manifest.repeatable.answer as { job_id: string };
      expect(marks).not.toContainEqual(expect.stringContaining(job_id));
    },
    SWEEP_MS,
  );

  test('unwraps its data keys', async () => {
    const { plaintext, wrapped, context } = manifest.dataKey;
    const opened = await store.keys.unwrapDataKey(Buffer.from(wrapped, 'base64'), context);
    expect(Buffer.from(opened).toString('base64')).toBe(plaintext);
  });

  test(
    'publishes the event that was only recorded',
    async () => {
      const inOutbox = async () =>
        (await store.table.query({ index: 'byIndex', partition: indexes.outbox, limit: 10 })).items;
      await ada.until(inOutbox, (events) => events.length === 0);
      const { stderr } = await host.stop();
      expect(stderr.split('\n').filter((line) => line.includes(manifest.unpublishedEvent))).toContainEqual(
        expect.stringContaining('swept an event'),
      );
    },
    SWEEP_MS,
  );
});
