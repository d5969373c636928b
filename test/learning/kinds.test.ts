import { expect, test } from '@jest/globals';
import { kindFor, kindNamed, kinds, recognise } from '#learning/kinds.ts';
import { openSource } from '#learning/source.ts';
import { families } from '#zoo/registry.ts';
import { chunked } from './chunks.ts';
import { prepared } from './tables.ts';

const TABLE = 'a,b,y\n1,r,x\n2,g,z\n3,r,x\n4,g,z\n';

test('a file that no other kind recognises is a table', async () => {
  expect((await recognise(openSource(chunked(TABLE)))).name).toBe('table');
});

test('a dataset that earlier builds stored, which says no kind, is a table', async () => {
  const { profile } = await prepared(TABLE);
  expect(profile.kind).toBeUndefined();
  expect(kindFor({ kinds: ['table'] }, profile)?.name).toBe('table');
  expect(kindFor({ kinds: ['table'] }, { ...profile, kind: 'text' })).toBeUndefined();
});

test('each family takes kinds that there are', () => {
  for (const { kinds: taken } of Object.values(families)) {
    for (const name of taken) expect(kindNamed(name).name).toBe(name);
  }
  expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
});

test('what is said before a training is what the training then has', async () => {
  for (const kind of kinds.filter(({ name }) => name === 'table')) {
    const { profile, preparation, rows } = await prepared(TABLE);
    const { shape, rows: expected } = kind.outline(profile, {});
    expect(shape).toEqual(preparation.encoding.shape);
    expect(expected).toBe(rows.training + rows.validation);
  }
});
