/** What is read of a file while it arrives is what is read of all of it. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { release } from '#domain/release.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { plainHash } from '#learning/files/source-bytes.ts';
import { profileArriving } from '#learning/profile/arriving.ts';
import type { ProfileOptions } from '#learning/profile/profile.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import { chunked } from '../chunks.ts';

/** More than 4 MiB, so that its columns are recorded; with words among numbers, of which a warning tells. */
const rows = Array.from({ length: 8000 }, (_, i) =>
  [
    i % 501 === 7 ? 'broken' : (i / 7 - 100).toFixed(5),
    ['red', ' green ', '"blue, or\nnearly"'][i % 3],
    new Date(1.7e12 + i * 61_000).toISOString(),
    `note ${i} `.repeat(60),
    ['a', 'b'][i % 2],
  ].join(';'),
);
const CSV = Buffer.from(`n;word;seen;note;y\n${rows.join('\n')}\n`);
const JSON_LINES = Buffer.from(rows.map((row, i) => `${JSON.stringify({ i, row, y: i % 2 })}\n`).join(''));

const options: ProfileOptions = { task: 'auto', parsing: {}, fileName: 'table.csv', target: 'y' };
const CHUNK_BYTES = 262_144;

/** In memory of their own, as a store has them. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunked(bytes, CHUNK_BYTES)) yield Uint8Array.from(chunk);
}

/** Stores what is recorded, in memory that is given back. */
function memory() {
  const stored: Buffer[] = [];
  const storeColumns = async (body: AsyncIterable<Uint8Array>) => {
    const pieces: Buffer[] = [];
    for await (const piece of body) {
      pieces.push(Buffer.from(piece));
      release(piece);
    }
    stored.push(Buffer.concat(pieces));
  };
  return { stored, storeColumns };
}

/** As it is read once all of it is there. */
async function whole(bytes: Buffer, threads: number) {
  const { stored, storeColumns } = memory();
  const file = { ...bytesInMemory(bytes), [Symbol.asyncIterator]: () => chunksOf(bytes) };
  const parts = { isDue: () => false, hash: async () => plainHash(), threads, storeColumns };
  return { ...(await profileInParts(file, options, parts)), stored };
}

test.each([
  ['CSV', 1, CSV],
  ['CSV', 2, CSV],
  ['JSON Lines', 2, JSON_LINES],
])('%s, with %s threads: profile, warnings and recorded columns', async (_, threads, bytes) => {
  const wanted = await whole(bytes, threads);
  const { stored, storeColumns } = memory();
  const file = { size: bytes.length, body: chunksOf(bytes) };
  const profile = await profileArriving(file, options, { threads, storeColumns });
  expect(profile).toEqual(wanted.profile);
  expect(profile!.warnings!.length).toBeGreaterThan(0);
  expect(stored).toHaveLength(1);
  expect(stored[0]!.equals(wanted.stored[0]!)).toBe(true);
});

test.each([
  ['packed', gzipSync(CSV)],
  ['Parquet', Buffer.from('PAR1\x15 and so on')],
  ['an image', Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')],
  ['not text', Buffer.concat([CSV, Buffer.from([0xff])])],
])('a file that is %s is left to another reading', async (_, bytes) => {
  const { stored, storeColumns } = memory();
  const file = { size: bytes.length, body: chunksOf(bytes) };
  expect(await profileArriving(file, options, { threads: 1, storeColumns })).toBeUndefined();
  expect(stored).toEqual([]);
});

test('of a file that does not arrive, nothing is stored', async () => {
  const arriving = new PassThrough();
  const { stored, storeColumns } = memory();
  const file = { size: CSV.length, body: arriving };
  const reading = profileArriving(file, options, { threads: 2, storeColumns });
  const failed = expect(reading).rejects.toThrow('it was given up');
  for await (const chunk of chunksOf(CSV.subarray(0, CSV.length - 1000))) {
    if (!arriving.write(Buffer.from(chunk.buffer as ArrayBuffer))) await once(arriving, 'drain');
  }
  arriving.destroy(new Error('it was given up'));
  await failed;
  expect(stored).toEqual([]);
});

test('where what is recorded cannot be stored, there is a profile all the same', async () => {
  const file = { size: CSV.length, body: chunksOf(CSV) };
  const storeColumns = async (body: AsyncIterable<Uint8Array>) => {
    for await (const _ of body) throw new Error('the disk is full');
  };
  const profile = await profileArriving(file, options, { threads: 2, storeColumns });
  expect(profile).toEqual((await whole(CSV, 2)).profile);
});
