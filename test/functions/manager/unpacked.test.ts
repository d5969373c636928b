/** The tar of an archive is the same from every place on, however it was packed. */
import { randomBytes } from 'node:crypto';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { GZIP_HEADER, gzipEnd, gzipPiece } from '#functions/manager/backup/gzip.ts';
import { tar } from '#functions/manager/backup/tar.ts';
import { type ArchivePlace, Unpacked } from '#functions/manager/backup/unpacked.ts';
import { collected } from '#functions/manager/models/seal.ts';

const random = randomBytes(400_000);
const text = Buffer.from('a model and its weights '.repeat(20_000));
/** What is random, its end once more as far away as a block may refer to, and what is not random. */
const REPEATED = 31_500;
const PLAIN = Buffer.concat([
  random.subarray(0, 200_000),
  random.subarray(200_000 - REPEATED, 200_000),
  text,
  random.subarray(200_000),
]);
const file = (body: Uint8Array) => ({ name: 'a', size: body.length, body: [body] });
const TAR = Buffer.from(await collected(tar([file(PLAIN), file(random)], 0)));

const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

async function oneMember(level: number, size: number): Promise<Buffer> {
  const pieces = await Promise.all(cut(TAR, size).map((piece) => gzipPiece(piece, level)));
  return Buffer.concat([GZIP_HEADER, ...pieces, gzipEnd(crc32(TAR), TAR.length)]);
}

/** With all the fields that a header may have. */
function withFields(): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3]);
  const fields = Buffer.concat([header, Buffer.from('name\0comment\0')]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(fields) & 0xffff);
  const trailer = Buffer.from(gzipEnd(crc32(TAR), TAR.length)).subarray(5);
  return Buffer.concat([fields, checksum, deflateRawSync(TAR), trailer]);
}

/** A block that is stored, and then blocks that are compressed and refer to it. */
function mixed(stored: number): Buffer {
  const first = TAR.subarray(0, stored);
  const blocks = cut(first, 60_000).map((piece) => {
    const head = Buffer.alloc(5);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(piece.length ^ 0xffff, 3);
    return Buffer.concat([head, piece]);
  });
  const rest = deflateRawSync(TAR.subarray(stored), { dictionary: first.subarray(-32_768) });
  const trailer = Buffer.from(gzipEnd(crc32(TAR), TAR.length)).subarray(5);
  return Buffer.concat([GZIP_HEADER, ...blocks, rest, trailer]);
}

const PACKED: readonly [string, () => Uint8Array | Promise<Uint8Array>][] = [
  ['a tar', () => TAR],
  ['gzip -1', () => gzipSync(TAR, { level: 1 })],
  ['gzip -9', () => gzipSync(TAR, { level: 9 })],
  ['gzip that only stores', () => gzipSync(TAR, { level: 0 })],
  ['gzip with a name, a comment and a checksum of its header', withFields],
  ['members that store', () => Buffer.concat(cut(TAR, 100_000).map((piece) => gzipSync(piece, { level: 0 })))],
  ['members that compress', () => Buffer.concat(cut(TAR, 100_000).map((piece) => gzipSync(piece)))],
  ['one member of stored pieces', () => oneMember(0, 100_000)],
  ['one member of compressed pieces', () => oneMember(1, 100_000)],
  ['a member that stores and then compresses', () => mixed(200_512)],
  ['a member that stores little and then compresses', () => mixed(20_000)],
  ['members with something else behind', () => Buffer.concat([gzipSync(TAR), Buffer.from('no member')])],
];

/** In chunks of this size. */
async function* chunks(bytes: Uint8Array, size: number) {
  yield* cut(bytes, size);
}

const read = (bytes: Uint8Array, size: number, place?: ArchivePlace) =>
  new Unpacked(chunks(bytes.subarray(place?.file ?? 0), size), 1e9, place);

async function all(unpacked: Unpacked): Promise<Buffer> {
  return Buffer.from(await collected(unpacked));
}

describe.each(PACKED)('%s', (_, pack) => {
  test.each([1000, 65_536, 1e9])('is unpacked, in chunks of %i bytes', async (size) => {
    expect((await all(read(await pack(), size))).equals(TAR)).toBe(true);
  });

  test('goes on from every place, and from the places that are reached from there', async () => {
    const packed = await pack();
    const places = new Map<number, ArchivePlace>();
    const note = async (unpacked: Unpacked) => {
      let tar = unpacked.place?.tar ?? 0;
      for await (const piece of unpacked) {
        tar += piece.length;
        const { place } = unpacked;
        expect(place!.tar).toBeLessThanOrEqual(tar);
        places.set(place!.file, JSON.parse(JSON.stringify(place)));
      }
    };
    await note(read(packed, 5000));
    const some = () => [...places.values()].filter((_, i) => i % Math.ceil(places.size / 8) === 0);
    for (const place of some()) await note(read(packed, 5000, place));
    for (const place of some()) {
      expect((await all(read(packed, 70_000, place))).equals(TAR.subarray(place.tar))).toBe(true);
    }
  });
});

describe('the places of an archive', () => {
  test.each([0, 1])('are close to what is read where it is stored, and at members (level %i)', async (level) => {
    const packed = Buffer.concat(cut(TAR, 100_000).map((piece) => gzipSync(piece, { level })));
    const unpacked = read(packed, 5000);
    let tar = 0;
    for await (const piece of unpacked) {
      tar += piece.length;
      expect(tar - unpacked.place!.tar).toBeLessThanOrEqual(200_000);
    }
  });

  test('of a stored member are at most four blocks behind', async () => {
    const unpacked = read(await oneMember(0, 100_000), 5000);
    let tar = 0;
    for await (const piece of unpacked) {
      tar += piece.length;
      expect(tar - unpacked.place!.tar).toBeLessThanOrEqual(4 * 65_535);
    }
  });
});

describe('what is refused', () => {
  const damaged = (at: (bytes: Buffer) => number, pack: () => Buffer = () => gzipSync(TAR, { level: 0 })) => {
    const bytes = pack();
    bytes[at(bytes)]! ^= 1;
    return bytes;
  };
  test.each([
    ['a changed byte', () => damaged(() => 300_000), 'was changed'],
    ['a changed checksum', () => damaged(({ length }) => length - 8), 'was changed'],
    ['a changed size', () => damaged(({ length }) => length - 4), 'was changed'],
    ['a changed length of a block', () => damaged(() => 11), 'was changed'],
    [
      'a block of no kind',
      () =>
        damaged(
          () => 10,
          () => Buffer.concat([GZIP_HEADER, Buffer.from([7])]),
        ),
      'was changed',
    ],
    ['no gzip', () => Buffer.from('no archive at all'), 'not compressed with gzip'],
    ['nothing', () => Buffer.alloc(0), 'not compressed with gzip'],
    ['another method', () => damaged(() => 2), 'not compressed with gzip'],
    ['an end within a block', () => gzipSync(TAR, { level: 0 }).subarray(0, 100_000), 'was cut off'],
    ['an end within what is compressed', () => gzipSync(TAR).subarray(0, 100_000), 'was cut off'],
    ['an end within the checksum', () => gzipSync(TAR).subarray(0, -3), 'was cut off'],
    ['an end before the checksum', () => gzipSync(TAR).subarray(0, -8), 'was cut off'],
  ] as const)('%s', async (_, bytes, reason) => {
    await expect(all(read(bytes(), 5000))).rejects.toMatchObject({
      details: [{ message: expect.stringContaining(reason) }],
    });
  });

  test('what unpacks to more than it may', async () => {
    const unpacked = new Unpacked(chunks(gzipSync(Buffer.alloc(10_000_000)), 1000), 5_000_000);
    await expect(all(unpacked)).rejects.toMatchObject({
      details: [{ message: expect.stringContaining('more than 5000000 bytes') }],
    });
  });

  test('what gunzip reads is what is read here', () => {
    expect(gunzipSync(withFields()).equals(TAR)).toBe(true);
    expect(gunzipSync(mixed(200_512)).equals(TAR)).toBe(true);
  });
});
