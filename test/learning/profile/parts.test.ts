/** A file that is read in parts has the profile that it has when it is read in one go. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FileBytes } from '#learning/files/file-bytes.ts';
import { fileHash } from '#learning/files/resumable-hash.ts';
import { type ProfileOptions, profileCsv, profileInParts } from '#learning/profile/profile.ts';
import { chunked, faults } from '../chunks.ts';
import { packers, type Rows, type Value, writers } from '../files/written.ts';

/** A file that comes in chunks of some bytes. */
const fileOf = (bytes: Buffer, size: number): FileBytes => ({
  size: bytes.length,
  range: async (start, end) => bytes.subarray(start, end === bytes.length ? Math.min(end, start + size) : end),
  [Symbol.asyncIterator]: () => chunked(bytes, size),
});

const LARGE = 2 ** 40;

/** Ends each part after so many batches. */
async function inParts(file: FileBytes, lengths: readonly number[], options: ProfileOptions) {
  let checkpoint: Uint8Array | undefined;
  for (let part = 0; ; part++) {
    let left = lengths[part % lengths.length]!;
    const parts = { isDue: () => left-- <= 1, checkpoint, hash: (saved?: Uint8Array) => fileHash(LARGE, saved) };
    const outcome = await profileInParts(file, options, parts);
    if (outcome.profile) return { profile: outcome.profile, parts: part + 1 };
    ({ checkpoint } = outcome);
  }
}

const WORDS = ['red', 'green', 'blue', 'Tōkyō', ' "quoted", with\na line break', '', 'NA', '31.05.2024', '007', '1,5'];
const cell = fc.oneof(
  fc.constantFrom<Value>(...WORDS),
  fc.integer({ min: -1e6, max: 1e6 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.boolean(),
  fc
    .date({ noInvalidDate: true, min: new Date('1950-01-01'), max: new Date('2100-01-01') })
    .map((of) => of.toISOString()),
);
/** A feature of numbers and a target, so that there is something to learn, and columns of anything. */
const tables = fc.array(fc.tuple(cell, cell, cell), { minLength: 12, maxLength: 60 }).map(
  (rows): Rows => ({
    header: ['n', 'a', 'b', 'c', 'y'],
    rows: rows.map((row, i) => [i * 1.25, ...row, i % 3 === 0 ? 'u' : 'v']),
  }),
);
const kinds = fc.constantFrom<keyof typeof writers>('csv', 'tsv', 'json', 'json of arrays', 'jsonl', 'jsonl of arrays');

test('wherever the parts end', async () => {
  await fc.assert(
    fc.asyncProperty(
      tables,
      kinds,
      fc.constantFrom(...(Object.keys(packers) as (keyof typeof packers)[])),
      fc.integer({ min: 16, max: 300 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      async (table, kind, pack, size, lengths) => {
        const file = fileOf(packers[pack](writers[kind](table)), size);
        const { profile } = await inParts(file, lengths, { task: 'auto' });
        expect(profile).toEqual(await profileCsv(file, { task: 'auto' }));
      },
    ),
    { seed: 2026, numRuns: 150 },
  );
});

test('more values than are counted or sorted at once', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${(i * 7919) % 30_011}.5,${i % 1500},w${i % 2999},${i % 2}`);
  const file = fileOf(Buffer.from(`x,i,w,y\n${rows.join('\n')}\n`), 10_000);
  const { profile, parts } = await inParts(file, [3, 1, 5], { task: 'auto' });
  expect(parts).toBeGreaterThan(5);
  expect(profile).toEqual(await profileCsv(file, { task: 'auto' }));
});

test('and how many threads read it', async () => {
  // So long that a thread is worth its start.
  const note = 'x'.repeat(400);
  const rows = Array.from({ length: 12_000 }, (_, i) => `${(i * 7919) % 12_007}.25,2024-01-01,${note}${i},${i % 2}`);
  const file = fileOf(Buffer.from(`x,t,note,y\n${rows.join('\n')}\n`), 1_000_000);
  const parts = { isDue: () => false, hash: () => fileHash(0) };
  const [{ profile }, alone] = await Promise.all([
    profileInParts(file, { task: 'auto' }, { ...parts, threads: 3 }),
    profileInParts(file, { task: 'auto' }, parts),
  ]);
  expect(profile).toEqual(alone.profile);
  // The threads of before read this one.
  const other = fileOf(
    Buffer.from(`a,b,c,d,e,y\n${rows.map((row, i) => `${i % 9},${i},${row}`).join('\n')}\n`),
    1_000_000,
  );
  const again = await profileInParts(other, { task: 'auto' }, { ...parts, threads: 3 });
  expect(again.profile).toEqual((await profileInParts(other, { task: 'auto' }, parts)).profile);
});

test('and how many threads read rows that are left to the parser, which does not put them where kernels see them', async () => {
  // So many cells that a kernel that looked for them would look behind the end of its memory.
  const few = '7,'.repeat(300);
  const note = 'x'.repeat(2000);
  const rows = Array.from({ length: 2000 }, (_, i) => `${few}${note}${i},${(i * 7919) % 100_003},${i % 2}`);
  const header = `${Array.from({ length: 300 }, (_, i) => `c${i}`).join()},note,x,y`;
  const [first, ...others] = rows;
  const file = fileOf(Buffer.from([header, first, ' ', ...others, ''].join('\n')), 60_000);
  const parts = { isDue: () => false, hash: () => fileHash(0) };
  const { profile } = await profileInParts(file, { task: 'auto' }, { ...parts, threads: 2 });
  expect(profile).toEqual((await profileInParts(file, { task: 'auto' }, parts)).profile);
});

test('and how many threads read a Parquet file', async () => {
  const length = 100_000;
  const numbers = (factor: number) => Array.from({ length }, (_, i) => ((i * factor) % 100_003) / 8 + 1 / 16);
  const columnData = [
    ...[7919, 104_729, 1_299_709, 15_485_863].map((factor) => ({ name: `x${factor}`, data: numbers(factor) })),
    { name: 'word', data: Array.from({ length }, (_, i) => `a word ${(i * 7919) % 30_011}`) },
    { name: 'y', data: Array.from({ length }, (_, i) => (i % 3 ? 'u' : 'v')) },
  ];
  const file = fileOf(Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 60_000 })), LARGE);
  const parts = { isDue: () => false, hash: () => fileHash(0) };
  const [{ profile }, alone] = await Promise.all([
    profileInParts(file, { task: 'auto' }, { ...parts, threads: 3 }),
    profileInParts(file, { task: 'auto' }, parts),
  ]);
  expect(profile).toEqual(alone.profile);
  const damaged = Buffer.from(parquetWriteBuffer({ columnData }));
  damaged.fill(0xff, 600_000, 600_100);
  const [one, many] = await Promise.all(
    [1, 3].map((threads) =>
      faults(() => profileInParts(fileOf(damaged, LARGE), { task: 'auto' }, { ...parts, threads })),
    ),
  );
  expect(one).toEqual([expect.stringMatching(/column "x\d+" of the Parquet file is damaged/)]);
  expect(many).toEqual(one);
});

test('between the row groups of a Parquet file', async () => {
  const data = Array.from({ length: 500 }, (_, i) => i / 3);
  const columnData = [
    { name: 'x', data },
    { name: 'y', data: data.map((_, i) => (i % 2 ? 'u' : 'v')) },
  ];
  const file = fileOf(Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 100 })), LARGE);
  const { profile, parts } = await inParts(file, [1], { task: 'auto' });
  expect(parts).toBe(6);
  expect(profile).toEqual(await profileCsv(file, { task: 'auto' }));
});

test('a fault in a later part is reported with its row and line', async () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => `${i},${i % 2}`);
  const file = fileOf(Buffer.from(`x,y\n${rows.join('\n')}\n1,2,3\n`), 20_000);
  const found = await faults(() => inParts(file, [2], { task: 'auto' }));
  expect(found).toEqual([expect.stringContaining('row 60001 (line 60002) must have 2 values')]);
});

test('a checkpoint that this version cannot read is not used', async () => {
  const file = fileOf(Buffer.from('x,y\n1,0\n2,1\n3,0\n'), 100);
  const checkpoint = Buffer.from('anything');
  const hash = () => fileHash(LARGE);
  const { profile } = await profileInParts(file, { task: 'auto' }, { isDue: () => false, checkpoint, hash });
  expect(profile!.rows).toBe(3);
});
