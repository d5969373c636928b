/** What the reading of a table has recorded is what a training reads of the file itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { DatasetProfile, Task } from '#domain/datasets/profile.ts';
import { bytesInMemory, type FileBytes } from '#learning/files/file-bytes.ts';
import { plainHash } from '#learning/files/source-bytes.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { type RowPiece, spillRows } from '#learning/table/spill.ts';
import { chunked } from '../chunks.ts';

const HEADER = 'n,whole,code,word,truth,seen,when,day,more,note,y';
const WORDS = ['red', ' green ', '"blue, or\nnearly"', '', 'NA'];
const TRUTHS = ['yes', 'no', ''];

/** More than 4 MiB: columns of each type, with missing values, quotes, blanks, units, and rows that have no target. */
const rows = Array.from({ length: 4500 }, (_, i) =>
  [
    i % 11 === 0 ? 'n/a' : i % 501 === 7 ? '1.5e3' : (i / 7 - 100).toFixed(5),
    i % 97 === 0 ? '-0' : i * 13,
    String(i % 300).padStart(4, '0'),
    WORDS[(i * i) % WORDS.length],
    TRUTHS[i % TRUTHS.length],
    // With a blank that has no width, which not every reader takes away.
    i % 40 === 0 ? 'yes\u200b' : TRUTHS[(i >> 3) % TRUTHS.length],
    new Date(1.7e12 + i * 61_000).toISOString(),
    `${(i % 28) + 1}/${(i % 12) + 1}/2024`,
    `${'x'.repeat(i % 9)}${i % 40}`,
    `note ${i} `.repeat(94),
    i % 17 === 0 ? '' : ['a', 'b', 'c'][i % 3],
  ].join(','),
);
const TEXT = `${HEADER}\n${rows.join('\n')}\n`;

const fileOf = (bytes: Buffer): FileBytes => ({
  size: bytes.length,
  range: async (start, end) => bytes.subarray(start, end),
  [Symbol.asyncIterator]: () => chunked(bytes, 60_000),
});

interface Reading {
  readonly task?: Task;
  readonly parsing?: ParsingOptions;
  readonly threads?: number;
}

/** Reads a file for its profile, and what that records. */
async function recorded(text: string, { task, parsing = {}, threads = 1 }: Reading = {}) {
  const file = fileOf(Buffer.from(text));
  const stored: Uint8Array[] = [];
  const { profile } = await profileInParts(
    file,
    { task: task ?? 'auto', parsing },
    {
      isDue: () => false,
      hash: async () => plainHash(),
      threads,
      storeColumns: async (body) => {
        for await (const piece of body) stored.push(Uint8Array.from(piece));
      },
    },
  );
  return { file, profile: profile!, columns: Buffer.concat(stored) };
}

/** A file that nobody may read. */
const unread = (): FileBytes => {
  const refuse = () => {
    throw new Error('the file was read');
  };
  return { size: 5_000_000, range: refuse, [Symbol.asyncIterator]: refuse };
};

const load = (profile: DatasetProfile, columns: Uint8Array, file = unread()) =>
  loadRows(file, profile, { columns: bytesInMemory(columns) });

test.each([1, 2, 3])('what %i threads have recorded is what the file says', async (threads) => {
  const { file, profile, columns } = await recorded(TEXT, { threads });
  expect(await load(profile, columns)).toEqual(await loadRows(file, profile));
});

test.each<[string, Reading]>([
  ['a regression', { parsing: { columns: { n: { role: 'target' } } } }],
  [
    'a group and labels',
    { parsing: { columns: { word: { role: 'group' }, truth: { role: 'label' }, seen: { role: 'label' } } } },
  ],
  ['a time', { parsing: { columns: { when: { role: 'time' } } } }],
  ['words for "no value"', { parsing: { missing: ['13', 'red', 'n/a'] } }],
  ['other formats', { parsing: { columns: { day: { type: 'category' }, code: { type: 'number' } } } }],
])('also of %s', async (_, reading) => {
  const { file, profile, columns } = await recorded(TEXT, reading);
  const wanted = await loadRows(file, profile);
  expect(await loadRows(file, profile, { columns: bytesInMemory(columns) })).toEqual(wanted);
});

test('also of rows behind a line of blanks alone, which two threads get from the parser', async () => {
  const half = rows.length >> 1;
  const text = [HEADER, ...rows.slice(0, half), ' \t', ...rows.slice(half), ''].join('\n');
  const alone = await recorded(text);
  const { file, profile, columns } = await recorded(text, { threads: 2 });
  expect(profile).toEqual(alone.profile);
  expect(columns.equals(alone.columns)).toBe(true);
  expect(await load(profile, columns)).toEqual(await loadRows(file, profile));
});

test('also of JSON Lines', async () => {
  const names = HEADER.split(',');
  const lines = rows
    .filter((row) => !row.includes('"'))
    .map((row) => JSON.stringify(Object.fromEntries(row.split(',').map((cell, i) => [names[i], cell]))));
  const { file, profile, columns } = await recorded(lines.join('\n'));
  expect(profile.format).toBe('jsonl');
  expect(await load(profile, columns)).toEqual(await loadRows(file, profile));
});

test('nothing is recorded of a small file', async () => {
  const { columns } = await recorded(`${HEADER}\n${rows.slice(0, 100).join('\n')}\n`);
  expect(columns).toHaveLength(0);
});

test('what is damaged or cut off is not used', async () => {
  const { file, profile, columns } = await recorded(TEXT);
  const wanted = await loadRows(file, profile);
  for (const at of [0, 6, 5000, columns.length >> 1, columns.length - 40, columns.length - 1]) {
    const damaged = Buffer.from(columns);
    damaged[at]! ^= 1;
    expect(await loadRows(file, profile, { columns: bytesInMemory(damaged) })).toEqual(wanted);
    await expect(load(profile, damaged)).rejects.toThrow('the file was read');
  }
  for (const cut of [columns.subarray(0, 10), columns.subarray(5000), Buffer.alloc(0)])
    await expect(load(profile, cut)).rejects.toThrow('the file was read');
});

test('what was recorded of another file, or read otherwise, is not used', async () => {
  const { profile, columns } = await recorded(TEXT);
  const other = { ...profile, sha256: 'f'.repeat(64) };
  await expect(load(other, columns)).rejects.toThrow('the file was read');
  const withComma = profile.columns.map((one) =>
    one.name === 'n' ? { ...one, format: { ...one.format, decimal: ',' as const } } : one,
  );
  await expect(load({ ...profile, columns: withComma }, columns)).rejects.toThrow('the file was read');
});

test('a column that is not used may be read otherwise', async () => {
  const { file, profile, columns } = await recorded(TEXT, { parsing: { columns: { n: { role: 'ignore' } } } });
  const withComma = profile.columns.map((one) =>
    one.name === 'n' ? { ...one, format: { ...one.format, decimal: ',' as const } } : one,
  );
  expect(await load({ ...profile, columns: withComma }, columns)).toEqual(await loadRows(file, profile));
});

test('a table that is too large for memory is spilled from what was recorded', async () => {
  const { file, profile, columns } = await recorded(TEXT);
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-columns-'));
  const piecesOf = async (bytes: FileBytes, of?: Uint8Array) => {
    const spilled = await spillRows(bytes, profile, join(folder, 'x'), 1000, of && bytesInMemory(of));
    const pieces: RowPiece[] = [];
    for await (const piece of spilled.pieces()) pieces.push(piece);
    return { target: spilled.target, pieces };
  };
  try {
    const wanted = await piecesOf(file);
    expect(await piecesOf(unread(), columns)).toEqual(wanted);
    const damaged = Buffer.from(columns);
    damaged[columns.length >> 1]! ^= 1;
    expect(await piecesOf(file, damaged)).toEqual(wanted);
  } finally {
    await rm(folder, { recursive: true });
  }
});
