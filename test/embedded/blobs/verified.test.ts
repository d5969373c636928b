import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DamagedFileError } from '#domain/errors.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { MEBIBYTE, pattern } from '../../conformance/blobs/subject.ts';
import { flipBit } from '../damage.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

const SIZE = 6 * MEBIBYTE + 1000;
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

const part = async (start: number, end: number, key = 'large') => {
  const { body } = await adapters.blobs.datasets.get(key, { start, end }, { verifiedAs: 'large.csv' });
  return Buffer.concat(await body.toArray());
};
const row = (change: string) => {
  const database = new DatabaseSync(join(folder.dir, 'trainyard.db'));
  try {
    if (change !== '') database.exec(change);
    return String(database.prepare(`SELECT contents FROM blobs WHERE key = 'large'`).get()!.contents);
  } finally {
    database.close();
  }
};
const ofOldRelease = () => row(`UPDATE blobs SET contents = json_remove(contents, '$[0][3]')`);

describe('a range that is verified', () => {
  test.each([
    [0, 0],
    [0, MEBIBYTE - 1],
    [MEBIBYTE - 1, MEBIBYTE],
    [MEBIBYTE, 2 * MEBIBYTE - 1],
    [123, 3 * MEBIBYTE + 45],
    [6 * MEBIBYTE - 1, SIZE - 1],
    [SIZE - 1, SIZE + 5],
    [0, SIZE - 1],
  ])('from %d to %d is those bytes', async (start, end) => {
    await adapters.blobs.datasets.put('large', bytes);
    expect((await part(start, end)).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  test('fails where a bit of its blocks was flipped, and only there', async () => {
    await adapters.blobs.datasets.put('large', bytes);
    flipBit(folder.dir, bytes, 2 * MEBIBYTE + 5);
    await expect(part(2 * MEBIBYTE + 900_000, 2 * MEBIBYTE + 900_001)).rejects.toThrow(
      new DamagedFileError('large.csv'),
    );
    await expect(part(0, SIZE - 1)).rejects.toThrow(DamagedFileError);
    expect(await part(2 * MEBIBYTE - 2, 2 * MEBIBYTE - 1)).toHaveLength(2);
    expect(await part(3 * MEBIBYTE, SIZE - 1)).toHaveLength(3 * MEBIBYTE + 1000);
  });

  test('fails in a small file wherever the bit is', async () => {
    const small = bytes.subarray(0, 1000);
    await adapters.blobs.datasets.put('small', small);
    expect((await part(5, 6, 'small')).equals(small.subarray(5, 7))).toBe(true);
    flipBit(folder.dir, small, 999);
    await expect(part(5, 6, 'small')).rejects.toThrow(DamagedFileError);
  });
});

describe('a file that an earlier release stored', () => {
  test('is read once as a whole, and has checksums from then on', async () => {
    await adapters.blobs.datasets.put('large', bytes);
    const stored = row('');
    expect(ofOldRelease()).not.toBe(stored);
    expect((await part(10, 20)).equals(bytes.subarray(10, 21))).toBe(true);
    expect(row('')).toBe(stored);
  });

  test('is refused if it is damaged anywhere', async () => {
    await adapters.blobs.datasets.put('large', bytes);
    ofOldRelease();
    flipBit(folder.dir, bytes, SIZE - 1);
    await expect(part(10, 20)).rejects.toThrow(DamagedFileError);
  });

  test('without any digest is taken as it is, and changes show from then on', async () => {
    await adapters.blobs.datasets.put('large', bytes);
    row(`UPDATE blobs SET contents = json_remove(contents, '$[0][3]', '$[0][2]')`);
    expect(await part(10, 20)).toHaveLength(11);
    flipBit(folder.dir, bytes, 15);
    await expect(part(10, 20)).rejects.toThrow(DamagedFileError);
  });
});
