/** What the program does that saves a model in parts, where it is interrupted or an answer is lost. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { vaultClient } from '#infra/vault/client.ts';
import { GivenUpError, notesOf, saveFile } from '#infra/vault/save-file.ts';

const BYTES = 'a model of thirty bytes or more';
const SHA256 = '6c1b5c0a';
let server: Server;
let folder: string;
let file: string;
let base: string;
let requests: string[];
/** What becomes of each completion; then it is answered. */
let completions: ('cut' | number)[];
/** Whether parts are answered. */
let accepts: boolean;
/** The answer to the one that gives up. */
let givenUp: number;

/** A vault with parts of ten bytes, and its store. */
beforeEach(async () => {
  [requests, completions, accepts, givenUp] = [[], [], true, 204];
  folder = mkdtempSync(join(tmpdir(), 'trainyard-save-'));
  file = join(folder, 'model.bin');
  writeFileSync(file, BYTES);
  server = createServer(async (request, response) => {
    const { method, url = '' } = request;
    requests.push(`${method} ${url.replace('/api/model-manager/prod/models/uploads', '')}`);
    await text(request);
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.startsWith('/parts/')) {
      if (accepts) response.writeHead(200, { etag: `"${url}"` }).end();
    } else if (method === 'DELETE') {
      if (givenUp === 204) response.writeHead(204).end();
      else json(givenUp, { message: 'it was completed' });
    } else if (url.endsWith('/complete')) {
      const outcome = completions.shift() ?? 201;
      if (outcome === 'cut') request.socket.destroy();
      else json(outcome, outcome === 201 ? { hash: SHA256 } : outcome === 202 ? { status: 'in_progress' } : {});
    } else {
      const parts = [1, 2, 3, 4].map((part) => ({ part, url: `${base}/parts/${part}` }));
      const complete_by = new Date(Date.now() + 3_600_000).toISOString();
      json(201, { upload_id: 'id', part_size: 10, parts, expires_in: 3600, complete_by, warnings: [] });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const wanted = { manager: 'prod', model: 'm', replace: false, sign: false, tags: [], metadata: {} };
const sleep = async () => undefined;
const save = (more: object = {}) => saveFile(vaultClient(base, 'key'), file, wanted, { sleep, ...more });
/** The server makes up the hash, so that the program always finds another one. */
const SAVED = `the vault has another file: its SHA-256 is ${SHA256}`;
const completed = () => requests.filter((one) => one === 'POST /id/complete').length;

describe('a save whose completion is not answered', () => {
  test.each([['cut' as const], [500], [503], [429]])('(%s) is completed again', async (outcome) => {
    completions = [outcome, outcome];
    await expect(save()).rejects.toThrow(SAVED);
    expect(completed()).toBe(3);
  });

  test('gives the question up after five times, and the next try goes on', async () => {
    completions = Array.from({ length: 5 }, () => 503);
    await expect(save()).rejects.toThrow('answered 503');
    expect(completed()).toBe(5);
    expect(existsSync(notesOf(file))).toBe(true);
  });

  test('but refused is not completed again', async () => {
    completions = [422];
    await expect(save()).rejects.toThrow('answered 422');
    expect(completed()).toBe(1);
    expect(existsSync(notesOf(file))).toBe(false);
  });
});

describe('a save that is interrupted', () => {
  test('while parts are sent gives up the upload, and leaves no notes', async () => {
    accepts = false;
    const given = new AbortController();
    server.on('request', ({ url = '' }) => url.startsWith('/parts/') && given.abort());
    await expect(save({ signal: given.signal })).rejects.toBeInstanceOf(GivenUpError);
    expect(requests).toContain('DELETE /id');
    expect(completed()).toBe(0);
    expect(existsSync(notesOf(file))).toBe(false);
  });

  test('while it goes on as a job gives it up', async () => {
    const given = new AbortController();
    completions = [202, 202];
    const asked = async () => given.abort();
    await expect(save({ signal: given.signal, sleep: asked })).rejects.toBeInstanceOf(GivenUpError);
    expect([completed(), requests.at(-1)]).toEqual([1, 'DELETE /id']);
  });

  test('too late says that it is saved', async () => {
    accepts = false;
    givenUp = 409;
    const given = new AbortController();
    server.on('request', ({ url = '' }) => url.startsWith('/parts/') && given.abort());
    await expect(save({ signal: given.signal })).rejects.toThrow('it was completed');
  });
});
