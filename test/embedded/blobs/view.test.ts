import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DamagedFileError } from '#domain/errors.ts';
import type { BlobInfo, MessageFrames } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { type EmbeddedAdapters, openEmbedded, openEmbeddedHost } from '#embedded/open.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { verify } from '#vault/encryption/open.ts';
import { seal } from '#vault/encryption/seal.ts';
import { bytesOf, collect, context } from '../../vault/samples.ts';
import { embeddedOptions, hostOptions, temporaryFolder } from '../folder.ts';

const SOURCE = 'account/vault/v/revision/data';
const VIEW = 'account/vault/v/staged/1/data';
const SIZE = 2 * FRAME_BYTES + 1000;
const TAG = 16;
const key = new Uint8Array(randomBytes(32));
const sealing = { algorithm: 'AES-256-GCM', key, context } as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let adapters: EmbeddedAdapters;
beforeEach(async () => {
  folder = await temporaryFolder();
  adapters = await openEmbedded(embeddedOptions(folder.dir));
});
afterEach(async () => {
  await adapters.close();
  await folder.remove();
});

const files = () =>
  readdirSync(join(folder.dir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const fileOfView = () => files().find((one) => one.includes('.view') && !one.endsWith('.key')) ?? '';

/** Stores the plaintext encrypted, and puts a view of it. */
async function view(plaintext: Uint8Array, to = VIEW): Promise<{ info: BlobInfo; frames: MessageFrames }> {
  const sealed = seal([plaintext], sealing);
  const ciphertext = await collect(sealed.ciphertext);
  const { etag } = await adapters.blobs.artifacts.put(SOURCE, ciphertext);
  const frames = await verify([Buffer.from(ciphertext)], sealing, sealed.digests());
  const info = await adapters.blobs.artifacts.putView!(to, { key: SOURCE, etag }, { size: plaintext.length, frames });
  expect(info?.size).toBe(plaintext.length);
  return { info: info!, frames };
}

const read = async (range?: { start: number; end?: number }, of = VIEW) =>
  Buffer.concat(await (await adapters.blobs.artifacts.get(of, range)).body.toArray());

describe('a view of an encrypted file', () => {
  test.each([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, SIZE])(
    'of %d bytes has what was encrypted, and takes no room',
    async (size) => {
      await view(bytesOf(size));
      expect((await read()).equals(bytesOf(size))).toBe(true);
      expect(files()).toHaveLength(3);
      const large = files().filter((one) => !one.endsWith('.key'));
      expect(new Set(large.map((one) => statSync(one).ino)).size).toBe(1);
    },
  );

  test.each([
    [0, 0],
    [FRAME_BYTES - 1, FRAME_BYTES],
    [FRAME_BYTES, 2 * FRAME_BYTES - 1],
    [5, 2 * FRAME_BYTES + 7],
    [SIZE - 1, SIZE + 9],
  ])('is read from %d to %d', async (start, end) => {
    await view(bytesOf(SIZE));
    expect((await read({ start, end })).equals(bytesOf(SIZE).subarray(start, end + 1))).toBe(true);
    const { body, isVerified } = await adapters.blobs.artifacts.get(VIEW, { start, end }, { verifiedAs: 'it' });
    expect(isVerified).toBe(true);
    expect(Buffer.concat(await body.toArray()).equals(bytesOf(SIZE).subarray(start, end + 1))).toBe(true);
  });

  test('stays when the file is deleted, and leaves nothing when it is deleted itself', async () => {
    await view(bytesOf(SIZE));
    await adapters.blobs.artifacts.delete(SOURCE);
    expect((await read()).equals(bytesOf(SIZE))).toBe(true);
    await adapters.blobs.artifacts.delete(VIEW);
    expect(files()).toEqual([]);
  });

  test('is refused from the frame on in which a bit was flipped, wherever it is', async () => {
    const { frames } = await view(bytesOf(SIZE));
    const file = fileOfView();
    const stored = readFileSync(file);
    const place = (frame: number) => frames.headerBytes + frame * (16 + FRAME_BYTES + TAG);
    const last = place(2);
    const flips = [
      ...[4, 15, 16, 16 + FRAME_BYTES, place(1) - frames.headerBytes - 1].map((at) => [0, place(0) + at] as const),
      ...[4, 16, 16 + FRAME_BYTES].map((at) => [1, place(1) + at] as const),
      ...[8, 24, 24 + 999, 24 + 1000 + TAG - 1].map((at) => [2, last + at] as const),
    ];
    expect(last + 24 + 1000 + TAG).toBe(stored.length);
    for (const [frame, at] of flips) {
      const changed = Buffer.from(stored);
      changed[at]! ^= 1;
      writeFileSync(file, changed);
      await expect(read()).rejects.toThrow(DamagedFileError);
      await expect(read({ start: frame * FRAME_BYTES, end: frame * FRAME_BYTES })).rejects.toThrow(DamagedFileError);
      const other = frame === 0 ? FRAME_BYTES : 0;
      expect(await read({ start: other, end: other })).toHaveLength(1);
    }
  });

  test('is refused if its file was cut off, is another, or has its frames in another order', async () => {
    const { frames } = await view(bytesOf(SIZE));
    const file = fileOfView();
    const stored = readFileSync(file);
    for (const length of [0, frames.headerBytes + 100, stored.length - 1]) {
      truncateSync(file, length);
      await expect(read()).rejects.toThrow(DamagedFileError);
      writeFileSync(file, stored);
    }
    const frame = 16 + FRAME_BYTES + TAG;
    const [first, second] = [0, 1].map((n) => stored.subarray(frames.headerBytes + n * frame).subarray(0, frame));
    const rest = stored.subarray(frames.headerBytes + 2 * frame);
    writeFileSync(file, Buffer.concat([stored.subarray(0, frames.headerBytes), second!, first!, rest]));
    await expect(read()).rejects.toThrow(DamagedFileError);
    writeFileSync(file, await collect(seal([bytesOf(SIZE)], sealing).ciphertext));
    await expect(read()).rejects.toThrow(DamagedFileError);
  });

  /** Those of views that this process has open. */
  const open = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes('.view');
      } catch {
        return false;
      }
    }).length;

  test('closes its file where nobody reads on', async () => {
    await view(bytesOf(SIZE));
    const { body } = await adapters.blobs.artifacts.get(VIEW);
    expect(open()).toBe(1);
    for await (const _ of body) break;
    expect(open()).toBe(0);
  });

  test('closes its file where the client goes away in the middle', async () => {
    await view(bytesOf(24 * FRAME_BYTES));
    const url = new URL(await adapters.blobs.artifacts.presignGet(VIEW, { expiresInSeconds: 60 }));
    const server = createServer((request, response) => void adapters.servePresigned(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const leaving = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, { signal: leaving.signal });
    expect([response.status, open()]).toEqual([200, 1]);
    leaving.abort();
    while (open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    server.closeAllConnections();
    server.close();
  });

  test('has what opens it in a file of its own, encrypted, by no other name, and nowhere else', async () => {
    const { frames } = await view(bytesOf(SIZE));
    const file = fileOfView();
    const sealed = readFileSync(`${file}.key`);
    for (const secret of [frames.key, key]) {
      expect(sealed.includes(Buffer.from(secret))).toBe(false);
      expect(sealed.toString()).not.toContain(Buffer.from(secret).toString('base64'));
    }
    const database = ['', '-wal'].map((end) => readFileSync(join(folder.dir, `trainyard.db${end}`)));
    for (const bytes of database) {
      expect(bytes.includes(sealed)).toBe(false);
      expect(bytes.includes(Buffer.from(sealed.toString('base64')))).toBe(false);
    }
    await view(bytesOf(SIZE), `${VIEW}2`);
    const other = files().find((one) => one.endsWith('.key') && !one.startsWith(file)) ?? '';
    for (const wrong of [readFileSync(other), sealed.subarray(1), Buffer.alloc(sealed.length), Buffer.alloc(0)]) {
      writeFileSync(`${file}.key`, wrong);
      await expect(read()).rejects.toThrow(DamagedFileError);
    }
    rmSync(`${file}.key`);
    await expect(read()).rejects.toThrow(BlobNotFoundError);
  });

  test('is there after the host has started again, and its file is swept where it has no row', async () => {
    await view(bytesOf(SIZE));
    const file = fileOfView();
    const ended = file.replace(/-[^-]*-[^-]*(?=\.view)/, '-1-1');
    expect(ended).not.toBe(file);
    await adapters.close();
    for (const one of [ended, `${ended}.key`]) writeFileSync(one, 'of a process that has ended');
    const host = await openEmbeddedHost(hostOptions(folder.dir));
    adapters = host;
    expect((await read()).equals(bytesOf(SIZE))).toBe(true);
    expect(files()).toHaveLength(3);
  });
});

describe('there is no view', () => {
  const frames: MessageFrames = { key, messageId: new Uint8Array(32), headerBytes: 100, frameBytes: FRAME_BYTES };
  const put = (etag: string, to = VIEW) =>
    adapters.blobs.artifacts.putView!(to, { key: SOURCE, etag }, { size: 5, frames });

  test('of a file that was replaced or deleted, or whose content is gone', async () => {
    const { etag } = await adapters.blobs.artifacts.put(SOURCE, bytesOf(200));
    rmSync(files()[0]!);
    expect(await put(etag)).toBeUndefined();
    await adapters.blobs.artifacts.put(SOURCE, bytesOf(200));
    expect(await put(etag)).toBeUndefined();
    await adapters.blobs.artifacts.delete(SOURCE);
    expect(await put(etag)).toBeUndefined();
    expect(await adapters.blobs.artifacts.head(VIEW)).toBeUndefined();
  });

  test('where files stay', async () => {
    const { etag } = await adapters.blobs.artifacts.put(SOURCE, bytesOf(200));
    await expect(put(etag, 'account/vault/v/other/data')).rejects.toThrow('cannot be a view');
  });
});
