/** A host whose disk something else has filled, from the outside. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { mountSmallDisk, type SmallDisk, testOnSmallDisk } from '../embedded/tmpfs.ts';
import { type RunningHost, startHostProcess } from './running-host.ts';
import { User } from './user.ts';

const MEBIBYTE = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'trainyard-full-'));

let disk: SmallDisk | undefined;
let host: RunningHost | undefined;
let user: User;
const testFull = testOnSmallDisk();
async function start(): Promise<SmallDisk> {
  const small = join(folder, 'small');
  mkdirSync(small);
  disk = mountSmallDisk(small, 64 * MEBIBYTE);
  host = await startHostProcess(join(small, 'data'));
  user = await User.register({ base: host.base, pollMilliseconds: 50 });
  return disk;
}
afterAll(async () => {
  await host?.stop();
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

const request = (method: string, path: string, init: RequestInit = {}) =>
  fetch(`${host!.base}${path}`, { ...init, method, headers: { authorization: `Bearer ${user.client.token}` } });

const csv = (rows: number): string =>
  `a,b,y\n${Array.from({ length: rows }, (_, i) => `${i},${i * i},${i % 2 ? 'odd' : 'even'}`).join('\n')}\n`;

testFull('only what needs room is refused, with what is free; reads, logins and deletions go on', async () => {
  const disk = await start();
  const before = await user.upload(csv(200), { name: 'before', target: 'y' });
  const parts = await user.client.post<{ parts: { url: string }[] }>('/datasets/uploads', { name: 'p', file_size: 10 });
  disk.fill();

  const form = new FormData();
  form.set('name', 'after');
  form.set('file', new Blob([csv(100_000)]), 'after.csv');
  const refused = await request('POST', '/datasets/upload', { body: form });
  expect(refused.status).toBe(507);
  expect(await refused.json()).toMatchObject({
    error: 'insufficient_storage',
    message: expect.stringMatching(/^The disk is full: \d+ bytes are free/),
  });
  const part = await fetch(parts.parts[0]!.url, { method: 'PUT', body: '0123456789' });
  expect([part.status, await part.text()]).toEqual([507, expect.stringContaining('The disk is full')]);

  for (let i = 0; i < 3; i++) await user.login();
  const read = await request('GET', `/datasets/${before.id}`);
  expect([read.status, read.headers.get('x-ratelimit-limit')]).toEqual([200, '1000']);
  const counts = [];
  for (let i = 0; i < 3; i++) {
    counts.push(Number((await request('GET', '/datasets')).headers.get('x-ratelimit-remaining')));
  }
  expect(counts).toEqual([counts[0], counts[0]! - 1, counts[0]! - 2]);
  expect((await request('DELETE', `/datasets/${before.id}`)).status).toBe(204);

  disk.free();
  expect((await user.upload(csv(200), { name: 'again', target: 'y' })).status).toBe('ready');
});
