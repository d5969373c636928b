import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { FolderBlobs } from '#embedded/blobs/folder-blobs.ts';

let folder: string;
let blobs: FolderBlobs;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-folder-blobs-'));
  blobs = new FolderBlobs(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = async (key: string, range?: { start: number; end?: number }) =>
  Buffer.concat(await (await blobs.get(key, range)).body.toArray()).toString();

test('what was put is read back, as a whole and in ranges, until it is deleted', async () => {
  const info = await blobs.put('a/b', Buffer.from('hello'));
  expect(info).toMatchObject({ key: 'a/b', size: 5 });
  expect(await blobs.head('a/b')).toEqual(info);
  expect([await read('a/b'), await read('a/b', { start: 1, end: 2 })]).toEqual(['hello', 'el']);
  const second = await blobs.put(
    'a/b',
    (async function* () {
      yield Buffer.from('other');
    })(),
  );
  expect(second.etag).not.toBe(info.etag);
  expect(await read('a/b')).toBe('other');
  await blobs.delete('a/b');
  await blobs.delete('a/b');
  expect(await blobs.head('a/b')).toBeUndefined();
  await expect(blobs.get('a/b')).rejects.toThrow(BlobNotFoundError);
});

test('a body that fails leaves what was there, and nothing else', async () => {
  await blobs.put('k', Buffer.from('before'));
  const failing = (async function* () {
    yield Buffer.from('half');
    throw new Error('cut off');
  })();
  await expect(blobs.put('k', failing)).rejects.toThrow('cut off');
  expect(await read('k')).toBe('before');
  expect(readdirSync(join(folder, '.drafts'))).toEqual([]);
});

test('a listing has the keys of a prefix, in their order', async () => {
  for (const key of ['b', 'a/1', 'a/10', 'a/2', 'A/1', 'a']) if (key !== 'a') await blobs.put(key, Buffer.from(key));
  const keys = async (prefix: string) => (await blobs.list(prefix)).blobs.map(({ key }) => key);
  expect(await keys('')).toEqual(['A/1', 'a/1', 'a/10', 'a/2', 'b']);
  expect(await keys('a/1')).toEqual(['a/1', 'a/10']);
  expect(await keys('none/')).toEqual([]);
});

test('no key leaves the folder, and different keys are different files', async () => {
  const segment = fc.oneof(fc.constantFrom('..', '.', '', '...', '.drafts', 'A', 'a', '%41', '%', 'ä'), fc.string());
  const key = fc
    .array(segment, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'))
    .filter((text) => text !== '' && text.isWellFormed() && Buffer.byteLength(text) < 60);
  await fc.assert(
    fc.asyncProperty(key, async (text) => {
      const inner = join(folder, 'inner');
      const own = new FolderBlobs(inner);
      await own.put(`${text}!`, Buffer.from(text));
      expect((await own.list('')).blobs.map((blob) => blob.key)).toEqual([`${text}!`]);
      expect(readdirSync(folder)).toEqual(['inner']);
      await own.delete(`${text}!`);
      rmSync(inner, { recursive: true });
      expect(existsSync(inner)).toBe(false);
    }),
    { numRuns: 200 },
  );
});
