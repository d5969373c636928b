/** However many threads store the columns of a table, they are the same. */
import { expect, test } from '@jest/globals';
import type { FileBytes } from '#learning/files/file-bytes.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { chunked } from '../chunks.ts';

const WORDS = ['red', 'green', '"blue, or\nnearly"', '', 'NA'];
const TRUTHS = ['yes', 'no', ''];
const HEADER = 'n,whole,word,truth,when,more,note,y';

/** More than 4 MiB: columns of each type, with missing values, quotes, and rows that have no target. */
const rows = Array.from({ length: 2200 }, (_, i) =>
  [
    i % 11 === 0 ? 'n/a' : (i / 7).toFixed(5),
    i * 13,
    WORDS[(i * i) % WORDS.length],
    TRUTHS[i % TRUTHS.length],
    new Date(1.7e12 + i * 61_000).toISOString(),
    `${'x'.repeat(i % 9)}${i % 40}`,
    'note '.repeat(420),
    i % 17 === 0 ? '' : ['a', 'b', 'c'][i % 3],
  ].join(','),
);

const fileOf = (bytes: Buffer, size: number): FileBytes => ({
  size: bytes.length,
  range: async (start, end) => bytes.subarray(start, end),
  [Symbol.asyncIterator]: () => chunked(bytes, size),
});

test('columns of other threads are those of this one', async () => {
  const file = fileOf(Buffer.from(`${HEADER}\n${rows.join('\n')}\n`), 60_000);
  expect(file.size).toBeGreaterThan(4 * 2 ** 20);
  const profile = await profileCsv(file, { task: 'auto' });
  const alone = await loadRows(file, profile);
  const together = await loadRows(file, profile, { threads: 3 });
  expect(together.columns.map(({ values }) => values.buffer instanceof SharedArrayBuffer)).toContain(true);
  expect(together).toEqual(alone);
});

test('also of JSON Lines', async () => {
  const names = HEADER.split(',');
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(',').map((cell, i) => [names[i], cell]))),
  );
  const usual = lines.filter((_, i) => !rows[i]!.includes('"'));
  const file = fileOf(Buffer.from(usual.join('\n')), 60_000);
  const profile = await profileCsv(file, { task: 'auto' });
  expect(profile.format).toBe('jsonl');
  expect(await loadRows(file, profile, { threads: 2 })).toEqual(await loadRows(file, profile));
});

test('a file that has changed is refused, and its threads end', async () => {
  const text = `${HEADER}\n${rows.join('\n')}\n`;
  const profile = await profileCsv(fileOf(Buffer.from(text), 60_000), { task: 'auto' });
  const changed = fileOf(Buffer.from(text.replace(',red,', ',tan,')), 60_000);
  await expect(loadRows(changed, profile, { threads: 2 })).rejects.toThrow('have changed');
});
