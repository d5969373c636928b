/** Parts of an upload that become the frames of an encrypted file. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { DamagedFileError } from '#domain/errors.ts';
import type { FollowedUpload, UploadPart } from '#domain/ports/blobs/port.ts';
import { PartNotFramedError } from '#domain/ports/errors.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { putPart } from '#test/functions/manager/presigned.ts';
import { beginMessage } from '#vault/encryption/aes.ts';
import { ciphers } from '#vault/encryption/algorithms.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { digestMessage } from '#vault/encryption/open.ts';
import { collect, context } from '../../vault/samples.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

const STAGED = `${blobKeys.vaultStagedPrefix('a', 'v', 'u')}data`;
const VIEW = `${blobKeys.vaultStagedPrefix('a', 'v', 'w')}data`;
const FILE = blobKeys.vaultFile('a', 'v', 'r');
const PART_BYTES = 5 * FRAME_BYTES;
const key = new Uint8Array(randomBytes(32));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let adapters: EmbeddedAdapters;
let upload: string;
let message: Awaited<ReturnType<typeof beginMessage>>;

beforeEach(async () => {
  folder = await temporaryFolder();
  adapters = await openEmbedded(embeddedOptions(folder.dir));
});
afterEach(async () => {
  await adapters.close();
  await folder.remove();
});

/** Of so many bytes: full parts, and a last one with the rest. */
const partsOf = (bytes: Uint8Array) =>
  Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, n) =>
    bytes.subarray(n * PART_BYTES, (n + 1) * PART_BYTES),
  );

async function start(parts: number): Promise<void> {
  message = await beginMessage(key, context);
  const { artifacts } = adapters.blobs;
  upload = await artifacts.startUpload(STAGED, {
    message: { frames: message.frames, parts, partBytes: PART_BYTES },
  });
}

async function put(part: number, bytes: Uint8Array): Promise<UploadPart> {
  const [url = ''] = await adapters.blobs.artifacts.presignParts(STAGED, upload, [{ part, bytes: bytes.length }], 60);
  return { part, etag: await putPart(adapters, url, Buffer.from(bytes)) };
}

/** Puts a part whose connection ends behind the first frame. */
async function breakOff(part: number, bytes: Uint8Array): Promise<void> {
  const [url = ''] = await adapters.blobs.artifacts.presignParts(STAGED, upload, [{ part, bytes: bytes.length }], 60);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.from(bytes.subarray(0, FRAME_BYTES + 5));
    throw new Error('the client closed the connection');
  }
  const broken: Pick<EmbeddedAdapters, 'servePresigned'> = {
    servePresigned: (request, response) => {
      const serving = adapters.servePresigned(request, response, body);
      return Promise.resolve(serving).then(
        () => Promise.reject(new Error('the part was stored')),
        () => {
          response.writeHead(500).end();
          return true;
        },
      );
    },
  };
  await putPart(broken, url, bytes);
}

const follow = (parts: number): FollowedUpload =>
  adapters.blobs.artifacts.followUpload!(STAGED, upload, { parts, seconds: 60 });

const read = async (of: string, range?: { start: number; end?: number }) =>
  Buffer.concat(await (await adapters.blobs.artifacts.get(of, range)).body.toArray());

const files = () =>
  readdirSync(join(folder.dir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const inodes = () => new Set(files().map((file) => statSync(file).ino));

/** Puts all parts, in an order of its own, and makes the file of them. */
async function stored(bytes: Uint8Array): Promise<readonly UploadPart[]> {
  const parts = partsOf(bytes);
  await start(parts.length);
  const put_ = await Promise.all(parts.map((_, n) => put(parts.length - n, parts.at(-1 - n)!)));
  const followed = follow(parts.length);
  await collect(followed.frames);
  await followed.putMessage(FILE, message.header);
  return put_.toReversed();
}

test.each([1, FRAME_BYTES, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + FRAME_BYTES + 7])(
  'a file of %d bytes is the message of its parts, and takes no room beside them',
  async (size) => {
    const bytes = randomBytes(size);
    const listed = await stored(bytes);
    const ciphertext = await read(FILE);
    expect(Buffer.from(await collect(ciphers['AES-256-GCM'].decrypt([ciphertext], key, context))).equals(bytes)).toBe(
      true,
    );
    const before = inodes().size;
    expect((await adapters.blobs.artifacts.completeUpload(STAGED, upload, listed)).size).toBe(size);
    expect((await read(STAGED)).equals(bytes)).toBe(true);
    expect(inodes().size).toBe(before);
    // What was staged goes, and with it all that opens the file without its key.
    await adapters.blobs.artifacts.delete(STAGED);
    expect(files().filter((one) => one.includes('.key'))).toEqual([]);
    expect((await read(FILE)).equals(ciphertext)).toBe(true);
    await adapters.blobs.artifacts.delete(FILE);
    expect(files()).toEqual([]);
  },
);

test('the file has a view, of which any range can be read, and which notices a bit that was flipped', async () => {
  const bytes = randomBytes(2 * PART_BYTES + FRAME_BYTES + 7);
  await stored(bytes);
  const { artifacts } = adapters.blobs;
  const info = (await artifacts.head(FILE))!;
  const { frames } = await digestMessage([await read(FILE)], { key, context }, 0);
  expect((await artifacts.putView!(VIEW, info, { size: bytes.length, frames }))?.size).toBe(bytes.length);
  expect((await read(VIEW)).equals(bytes)).toBe(true);
  for (const [start, end] of [
    [0, 0],
    [PART_BYTES - 1, PART_BYTES],
    [FRAME_BYTES + 5, 2 * PART_BYTES + FRAME_BYTES],
    [bytes.length - 1, bytes.length + 9],
  ] as const) {
    expect((await read(VIEW, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
  }
  const large = files().filter((one) => one.endsWith('.view.framed'));
  expect(large).toHaveLength(6);
  for (const file of large) {
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    changed[whole.length - 20]! ^= 1;
    writeFileSync(file, changed);
    await expect(read(VIEW)).rejects.toThrow(DamagedFileError);
    writeFileSync(file, whole);
  }
});

test('all of a file is on the disk before it has its row, and so are its names', async () => {
  const parts = partsOf(randomBytes(PART_BYTES + 9));
  await start(parts.length);
  for (const [n, bytes] of parts.entries()) await put(n + 1, bytes);
  const handle = await open(folder.dir);
  const prototype = Object.getPrototypeOf(handle) as Record<'sync' | 'datasync', (this: FileHandle) => Promise<void>>;
  await handle.close();
  const synced: string[] = [];
  const { sync, datasync } = prototype;
  for (const [name, own] of Object.entries({ sync, datasync }) as ['sync' | 'datasync', typeof sync][]) {
    prototype[name] = async function (this: FileHandle) {
      await own.call(this);
      const row = await adapters.blobs.artifacts.head(FILE);
      synced.push(`${readlinkSync(`/proc/self/fd/${this.fd}`)}${row === undefined ? '' : ' too late'}`);
    };
  }
  try {
    const followed = follow(parts.length);
    await collect(followed.frames);
    const staged = files().filter((one) => one.endsWith('.view.framed'));
    await followed.putMessage(FILE, message.header);
    const made = files().filter((one) => !one.includes('.view'));
    expect(made).toHaveLength(3);
    const header = made.filter((one) => synced.includes(one));
    expect(header).toHaveLength(1);
    expect(synced).toEqual(expect.arrayContaining([...staged, ...made.map(dirname)]));
    expect(synced.filter((one) => one.endsWith('too late'))).toEqual([]);
  } finally {
    Object.assign(prototype, { sync, datasync });
  }
});

test('of a file that is shorter than it should be, or of other frames, there is no view', async () => {
  await stored(randomBytes(PART_BYTES + 1));
  const { artifacts } = adapters.blobs;
  const info = (await artifacts.head(FILE))!;
  const { frames } = await digestMessage([await read(FILE)], { key, context }, 0);
  const before = files().length;
  expect(await artifacts.putView!(VIEW, info, { size: PART_BYTES - 1, frames })).toBeUndefined();
  const other = { ...frames, headerBytes: frames.headerBytes - 1 };
  expect(await artifacts.putView!(VIEW, info, { size: PART_BYTES + 1, frames: other })).toBeUndefined();
  expect(files()).toHaveLength(before);
});

/** The number and the IV with which each part begins that is frames of the message. */
const begins = () =>
  files().flatMap((file) => (file.endsWith('.view.framed') ? [readFileSync(file).subarray(0, 16)] : []));

test('no frame is encrypted twice: a part that comes again is stored in another way', async () => {
  const [first, second] = [randomBytes(PART_BYTES), randomBytes(100)];
  await start(2);
  const one = await put(1, first);
  expect(begins()).toHaveLength(1);
  const other = randomBytes(PART_BYTES);
  const again = await put(1, other);
  expect(again.etag).not.toBe(one.etag);
  expect(begins()).toEqual([]);
  const two = await put(2, second);
  expect(begins()).toHaveLength(1);
  const followed = follow(2);
  await expect(collect(followed.frames)).rejects.toThrow(PartNotFramedError);
  expect(() => followed.etag()).toThrow(TypeError);
  expect(Buffer.from(await collect(followed.body)).equals(Buffer.concat([other, second]))).toBe(true);
  await expect(followed.putMessage(FILE, message.header)).rejects.toThrow(TypeError);
  await adapters.blobs.artifacts.completeUpload(STAGED, upload, [again, two]);
  expect((await read(STAGED)).equals(Buffer.concat([other, second]))).toBe(true);
});

test('neither is it where a part was broken off, in the same process or in the next', async () => {
  const [first, second] = [randomBytes(PART_BYTES), randomBytes(100)];
  await start(2);
  await breakOff(1, first);
  expect(files()).toEqual([]);
  await put(1, first);
  expect(begins()).toEqual([]);
  await adapters.close();
  adapters = await openEmbedded(embeddedOptions(folder.dir));
  await put(2, second);
  expect(begins()).toEqual([]);
  const followed = follow(2);
  expect(Buffer.from(await collect(followed.body)).equals(Buffer.concat([first, second]))).toBe(true);
});

test('parts outlive the adapters that stored them', async () => {
  const bytes = randomBytes(PART_BYTES + 9);
  const listed = await stored(bytes);
  await adapters.close();
  adapters = await openEmbedded(embeddedOptions(folder.dir));
  await adapters.blobs.artifacts.completeUpload(STAGED, upload, listed);
  expect((await read(STAGED)).equals(bytes)).toBe(true);
});

test('a part of another size is stored in another way', async () => {
  await start(2);
  await put(1, randomBytes(PART_BYTES - 1));
  await put(2, randomBytes(PART_BYTES + 1));
  await put(3, randomBytes(5));
  expect(begins()).toEqual([]);
});

test('of an upload that is aborted nothing stays, whether a part of it came or not', async () => {
  await start(2);
  expect(files()).toHaveLength(1);
  const secret = Buffer.from(message.frames.key);
  expect(readFileSync(files()[0]!).includes(secret)).toBe(false);
  expect(readFileSync(files()[0]!).toString('latin1')).not.toContain(secret.toString('base64'));
  await adapters.blobs.artifacts.abortUpload(STAGED, upload);
  expect(files()).toEqual([]);
  await start(2);
  await put(1, randomBytes(PART_BYTES));
  await adapters.blobs.artifacts.abortUpload(STAGED, upload);
  expect(files()).toEqual([]);
});

test('only parts of staged files become frames', async () => {
  message = await beginMessage(key, context);
  const wanted = { message: { frames: message.frames, parts: 1, partBytes: PART_BYTES } };
  await adapters.blobs.artifacts.startUpload('somewhere/else', wanted);
  expect(files()).toEqual([]);
});
