import { describe, expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { previewFile } from '#learning/preview.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { chunked } from '../chunks.ts';
import { packers, type Rows, type Value, writers } from './written.ts';

const ISLANDS = ['Biscoe', 'Dream', 'Torgersen, "north"', 'Tōkyō'];

const TABLE: Rows = {
  header: ['bill', 'year', 'island', 'tagged', 'when', 'species'],
  rows: Array.from({ length: 120 }, (_, i): Value[] => [
    i % 17 === 3 ? null : 30.25 + (i % 29) / 3,
    2000 + (i % 5),
    i % 23 === 7 ? null : ISLANDS[i % 4]!,
    i % 3 === 0,
    `2024-05-${String((i % 28) + 1).padStart(2, '0')}T10:00:00Z`,
    ['Adelie', 'Gentoo'][i % 2]!,
  ]),
};

const kinds = Object.keys(writers) as (keyof typeof writers)[];
const packs = Object.keys(packers) as (keyof typeof packers)[];
const all = kinds.flatMap((kind) => packs.map((pack) => [kind, pack] as const));

/** What differs by format only. */
const comparable = ({ format, compression, delimiter, quote, sha256, ...rest }: DatasetProfile) => rest;

describe('the same rows', () => {
  const csv = writers.csv(TABLE);

  test.each(all)('as %s (%s) have the same profile, preview and encoded rows as in a CSV file', async (kind, pack) => {
    const bytes = packers[pack](writers[kind](TABLE));
    const wanted = await profileCsv(chunked(csv), { task: 'auto' });
    const profile = await profileCsv(bytesInMemory(bytes), { task: 'auto' });
    expect(comparable(profile)).toEqual(comparable(wanted));
    expect(profile.format).toBe(kind.split(' ')[0]);
    expect(profile.compression).toBe(pack === 'plain' ? undefined : pack);

    const options = { parsing: {}, task: 'auto', rows: 100 } as const;
    const preview = await previewFile(bytesInMemory(bytes), options);
    expect(preview).toMatchObject({ format: profile.format, complete: false, problems: [] });
    expect(preview.rows).toEqual((await previewFile(bytesInMemory(csv), options)).rows);

    const how = { validationSplit: 0.2, testSplit: 0, seed: 3 };
    const { data } = await prepare(bytesInMemory(bytes), profile, how);
    expect(data).toEqual((await prepare(chunked(csv), wanted, how)).data);
  });

  test.each(all)('as %s (%s) are read from a plain stream in small pieces, too', async (kind, pack) => {
    const bytes = packers[pack](writers[kind](TABLE));
    expect(await profileCsv(chunked(bytes, 97), { task: 'auto' })).toEqual(
      await profileCsv(bytesInMemory(bytes), { task: 'auto' }),
    );
  });
});
