import { expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { firstRows } from '#learning/files/batch.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { inspectHead } from '#learning/files/head.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { faults } from '../chunks.ts';

test('of a row group of a Parquet file, the pages of the first rows alone are unpacked', async () => {
  const length = 100_000;
  const columnData = [
    { name: 'x', data: Array.from({ length }, (_, i) => ((i * 7919) % 100_003) / 8 + 1 / 16) },
    { name: 'y', data: Array.from({ length }, (_, i) => (i % 3 ? 'u' : 'v')) },
  ];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData, pageSize: 65_536 }));
  // In one of the last pages of the first column.
  bytes.fill(0xff, 400_000, 400_100);
  const head = await inspectHead(bytesInMemory(bytes));
  expect([head!.batch.rows, firstRows(head!.batch, 2, 1), head!.whole]).toEqual([1000, [['0.0625', 'v']], false]);
  const found = await faults(() => profileCsv(bytesInMemory(bytes), { task: 'auto' }));
  expect(found).toEqual([expect.stringMatching(/column "x" of the Parquet file is damaged/)]);
});
