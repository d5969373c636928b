import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DamagedFileError } from '#domain/errors.ts';
import { verifiedBody } from '#domain/verified-range.ts';
import { contentCipher } from '#embedded/blobs/sealed-content.ts';
import { folderPaths } from '#embedded/folder.ts';
import { FileKeys } from '#embedded/keys/keys.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { MEBIBYTE, pattern } from '../../conformance/blobs/subject.ts';
import { putPart } from '../../functions/manager/presigned.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

const STAGED = 'account/vault/v/staged/1/data';
const SIZE = 2 * MEBIBYTE + 1000;
const bytes = Buffer.from(pattern(SIZE));

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
const read = async (range?: { start: number; end?: number }) =>
  Buffer.concat(await (await adapters.blobs.artifacts.get(STAGED, range)).body.toArray());

async function* inChunks(of: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < of.length; at += size) yield of.slice(at, at + size);
}

describe('what is staged in plain', () => {
  test.each([0, 1, MEBIBYTE, 2 * MEBIBYTE, SIZE])('of %d bytes reads back, and is not in its file', async (size) => {
    const given = bytes.subarray(0, size);
    await adapters.blobs.artifacts.put(STAGED, inChunks(given, 70_000));
    expect((await read()).equals(given)).toBe(true);
    const [file = ''] = files();
    const stored = readFileSync(file);
    expect(stored).toHaveLength(size + 16 * Math.ceil(size / MEBIBYTE));
    if (size > 100) expect(stored.includes(given.subarray(0, 100))).toBe(false);
  });

  test.each([
    [0, 0],
    [MEBIBYTE - 1, MEBIBYTE],
    [MEBIBYTE, 2 * MEBIBYTE - 1],
    [5, 2 * MEBIBYTE + 7],
    [SIZE - 1, SIZE + 9],
  ])('reads back from %d to %d', async (start, end) => {
    await adapters.blobs.artifacts.put(STAGED, inChunks(bytes, MEBIBYTE));
    expect((await read({ start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
    const { body } = await adapters.blobs.artifacts.get(STAGED, { start, end }, { verifiedAs: 'it' });
    expect(Buffer.concat(await body.toArray()).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  test('is refused from the frame on in which a bit was flipped, wherever it is', async () => {
    await adapters.blobs.artifacts.put(STAGED, bytes);
    const [file = ''] = files();
    const stored = readFileSync(file);
    for (const at of [0, MEBIBYTE, MEBIBYTE + 15, MEBIBYTE + 16, stored.length - 1]) {
      const changed = Buffer.from(stored);
      changed[at]! ^= 1;
      writeFileSync(file, changed);
      await expect(read()).rejects.toThrow(DamagedFileError);
      const frame = Math.floor(at / (MEBIBYTE + 16));
      await expect(read({ start: frame * MEBIBYTE, end: frame * MEBIBYTE })).rejects.toThrow(DamagedFileError);
      const other = frame === 0 ? MEBIBYTE : 0;
      expect(await read({ start: other, end: other })).toHaveLength(1);
    }
  });

  test('is refused if it was cut off, as a loss of power does, or is the file of another', async () => {
    await adapters.blobs.artifacts.put(STAGED, bytes);
    const [file = ''] = files();
    const stored = readFileSync(file);
    for (const length of [0, MEBIBYTE + 16, stored.length - 1]) {
      truncateSync(file, length);
      await expect(read()).rejects.toThrow(DamagedFileError);
      writeFileSync(file, stored);
    }
    await adapters.blobs.artifacts.put(`${STAGED}2`, bytes);
    renameSync(files().find((one) => one !== file) ?? '', file);
    await expect(read()).rejects.toThrow(DamagedFileError);
  });

  test('is refused before its first byte where it is small', async () => {
    await adapters.blobs.artifacts.put(STAGED, bytes.subarray(0, 1000));
    const [file = ''] = files();
    const found = () => adapters.blobs.artifacts.get(STAGED);
    expect(await (await verifiedBody('it', await found())).toArray()).toHaveLength(1);
    truncateSync(file, 999);
    await expect(verifiedBody('it', await found())).rejects.toThrow(DamagedFileError);
  });
});

describe('what an earlier version staged', () => {
  /** Puts a part, and has it stored as an earlier version did. */
  async function partOf(upload: string, part: number, given: Buffer) {
    const database = new DatabaseSync(join(folder.dir, 'trainyard.db'));
    const name = `${randomUUID()}-1-1.sealed`;
    const etag = `${crc32(given).toString(16).padStart(8, '0')}-${given.length}`;
    const secret = (await FileKeys.open(folderPaths(folder.dir).keys)).contentSecret();
    const shard = join(folder.dir, 'blobs', name.slice(0, 2));
    mkdirSync(shard, { recursive: true });
    writeFileSync(join(shard, name), contentCipher(secret, name).update(given));
    const sql = 'INSERT INTO parts (upload, part, content, size, etag) VALUES (?, ?, ?, ?, ?)';
    database.prepare(sql).run(upload, part, name, given.length, etag);
    database.close();
    return { part, etag, file: join(shard, name) };
  }

  test('is joined with what is put now, and each is compared with what was put', async () => {
    const { artifacts } = adapters.blobs;
    const upload = await artifacts.startUpload(STAGED);
    const large = Buffer.from(pattern(5 * MEBIBYTE));
    const old = await partOf(upload, 1, large);
    const [url = ''] = await artifacts.presignParts(STAGED, upload, [{ part: 2, bytes: bytes.length }], 60);
    const etag = await putPart(adapters, url, bytes);
    await artifacts.completeUpload(STAGED, upload, [old, { part: 2, etag }]);
    const whole = async () => {
      const found = await artifacts.get(STAGED);
      return Buffer.concat(await (await verifiedBody('it', found)).toArray());
    };
    expect((await whole()).equals(Buffer.concat([large, bytes]))).toBe(true);
    const stored = readFileSync(old.file);
    stored[77]! ^= 1;
    writeFileSync(old.file, stored);
    await expect(whole()).rejects.toThrow(DamagedFileError);
    stored[77]! ^= 1;
    writeFileSync(old.file, stored);
    const framed = files().find((one) => one.endsWith('.framed')) ?? '';
    truncateSync(framed, 100);
    await expect(whole()).rejects.toThrow(DamagedFileError);
  });
});
