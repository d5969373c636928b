import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeClient } from '#client/client.ts';
import type { paths } from '#client/platform/schema.ts';
import { uploadFile } from '#infra/upload/upload-file.ts';

type Outcome = number | 'cut';

let server: Server;
let folder: string;
let base: string;
let requests: string[];
/** The status of each attempt at a part, by its number; then 200. */
let outcomes: Record<number, Outcome[]>;
let stored: Map<number, string>;

/** A platform that accepts an upload in parts of ten bytes, and its store. */
beforeEach(async () => {
  [requests, outcomes, stored] = [[], {}, new Map()];
  folder = mkdtempSync(join(tmpdir(), 'trainyard-upload-'));
  server = createServer(async (request, response) => {
    const { method, url = '' } = request;
    requests.push(`${method} ${url}`);
    const body = await text(request);
    const part = Number(/^\/parts\/(\d+)$/.exec(url)?.[1]);
    if (!Number.isNaN(part)) {
      const outcome = outcomes[part]?.shift() ?? 200;
      if (outcome === 'cut') return void request.socket.destroy();
      if (outcome === 200) stored.set(part, body);
      return void response.writeHead(outcome, outcome === 200 ? { etag: `"${part}"` } : {}).end('said the store');
    }
    if (url === '/datasets/uploads') {
      const count = Math.ceil((JSON.parse(body) as { file_size: number }).file_size / 10);
      const parts = Array.from({ length: count }, (_, index) => ({
        part: index + 1,
        url: `${base}/parts/${index + 1}`,
      }));
      return void response.end(JSON.stringify({ upload_id: 'id', part_size: 10, parts }));
    }
    if (method === 'GET' && url === '/datasets/uploads/id') {
      const parts = [1, 2, 3, 4, 5, 6].map((part) => ({ part, url: `${base}/parts/${part}` }));
      return void response.end(JSON.stringify({ upload_id: 'id', part_size: 10, parts }));
    }
    if (method === 'DELETE') return void response.writeHead(204).end();
    response.end(JSON.stringify({ id: 'dataset', ...JSON.parse(body) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const CONTENT = 'a,b\n'.repeat(14);

async function upload() {
  const file = join(folder, 'data.csv');
  writeFileSync(file, CONTENT);
  const waits: number[] = [];
  const progress: number[] = [];
  const refreshed: number[] = [];
  const id = await uploadFile(
    makeClient<paths>(base),
    file,
    { name: 'data' },
    {
      sleep: async (milliseconds) => void waits.push(milliseconds),
      onProgress: (sent) => void progress.push(sent),
      refresh: async () => void refreshed.push(stored.size),
    },
  );
  return { id, waits, progress, refreshed };
}

describe('an upload in parts', () => {
  test('sends every byte once, in its part, and refreshes the token before it is completed', async () => {
    const { id, waits, progress, refreshed } = await upload();
    expect(id).toBe('dataset');
    expect([...stored.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect([1, 2, 3, 4, 5, 6].map((part) => stored.get(part)).join('')).toBe(CONTENT);
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect([waits, refreshed]).toEqual([[], [6]]);
  });

  test('retries a part that was cut off or refused temporarily', async () => {
    outcomes = { 2: ['cut', 503], 6: [429] };
    const { waits } = await upload();
    expect(stored.size).toBe(6);
    expect(waits).toHaveLength(3);
    expect(requests.filter((one) => one === 'PUT /parts/2')).toHaveLength(3);
  });

  test('fails, and aborts the upload, after five attempts at one part', async () => {
    outcomes = { 3: Array.from({ length: 9 }, () => 500) };
    await expect(upload()).rejects.toThrow('part 3 was not accepted: 500 said the store');
    expect(requests.filter((one) => one === 'PUT /parts/3')).toHaveLength(5);
    expect(requests.at(-1)).toBe('DELETE /datasets/uploads/id');
  });

  test('asks for new URLs where they have expired, and goes on', async () => {
    outcomes = { 1: [403], 4: [403] };
    const { waits, refreshed } = await upload();
    expect([stored.size, waits]).toEqual([6, []]);
    // The token may have expired, too.
    expect(refreshed.length).toBeGreaterThan(1);
    expect(requests).toContain('GET /datasets/uploads/id');
    expect(requests.filter((one) => one === 'PUT /parts/1')).toHaveLength(2);
  });

  test('does not retry what the store refuses with a new URL, too', async () => {
    outcomes = { 1: [403, 403] };
    await expect(upload()).rejects.toThrow('part 1 was not accepted: 403 said the store');
    expect(requests.filter((one) => one === 'PUT /parts/1')).toHaveLength(2);
    expect(requests.at(-1)).toBe('DELETE /datasets/uploads/id');
  });
});
