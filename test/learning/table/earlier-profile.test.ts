/** Profiles that an earlier build stored say nothing about roles and formats; their files are read as they were then. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { chunked } from '../chunks.ts';
import { known } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');
const OPTIONS = { validationSplit: 0.2, seed: 1 };

function earlier({ columns, warnings: _, left_out: __, ...rest }: DatasetProfile): DatasetProfile {
  const bare = columns.map(({ role: _role, format: _format, unreadable: _unreadable, ...column }) => column);
  return { ...rest, columns: bare };
}

test('the same numbers come of a file whose profile is of an earlier build', async () => {
  const profile = await profileCsv(chunked(PENGUINS), { task: 'auto', target: 'species' });
  const [now, then] = [
    await prepare(chunked(PENGUINS), profile, OPTIONS),
    await prepare(chunked(PENGUINS), earlier(profile), OPTIONS),
  ];
  expect(known(then.preparation)).toEqual(known(now.preparation));
  expect([then.data, then.rows]).toEqual([now.data, now.rows]);
});

test('a class is what it was then: as it is written, unless the word meant "no value"', async () => {
  const text = 'n,y\n1,--\n2,a\n3,NA\n4,--\n5," a"\n6,1.0\n7,1\n';
  const profile: DatasetProfile = {
    rows: 7,
    columns: [
      { name: 'n', type: 'number', missing: 0, distinct: 7, distinct_estimated: false },
      { name: 'y', type: 'category', missing: 1, distinct: 5, distinct_estimated: false },
    ],
    features: ['n'],
    target: 'y',
    task: 'classification',
    classes: ['--', 'a', ' a', '1.0', '1'].map((value) => ({ value, count: 1 })),
    rows_without_target: 1,
    delimiter: ',',
    quote: '"',
    sha256: (await profileCsv(chunked(text), { task: 'auto' })).sha256,
  };
  const { preparation, rows } = await prepare(chunked(text), profile, { validationSplit: 0, seed: 1 });
  expect(preparation.classes.toSorted()).toEqual([' a', '--', '1', '1.0', 'a']);
  expect(rows.training).toBe(6);
});
