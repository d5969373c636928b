/** Rows whose network's input is stored as it is: what a step fetches is what it would compute of numbers and codes. */
import { expect, test } from '@jest/globals';
import { openSession } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import { compileInference } from '#engine/training/step.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { encodeAll, encodeRows, encodeTarget } from '#learning/table/encode.ts';
import { fitEncoder } from '#learning/table/encoder.ts';
import { type TableEncoding, tableEncoding, trainedEncoding } from '#learning/table/encoding.ts';
import { loadRows } from '#learning/table/load.ts';
import { fitTarget } from '#learning/table/target.ts';
import { chunked } from '../chunks.ts';

const COLOURS = ['red', 'green', 'blue', ''];
const lines = (target: (i: number) => string | number) =>
  Array.from({ length: 60 }, (_, i) =>
    [i % 7 === 0 ? '' : Math.sin(i).toFixed(3), i % 5, COLOURS[i % 4], i % 3 ? 'yes' : 'no', target(i)].join(','),
  );
const fileOf = (target: (i: number) => string | number) => `x,n,colour,truth,y\n${lines(target).join('\n')}\n`;

/** The first rows, so that others have a word that these have not. */
const TRAINING = Int32Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 4 !== 2);
const WHICH = Int32Array.from({ length: 55 }, (_, i) => 54 - i);

async function prepared(text: string, embedAbove?: number) {
  const profile = await profileCsv(chunked(text), { task: 'auto', target: 'y' });
  const rows = await loadRows(chunked(text), profile);
  const encoder = fitEncoder(rows, TRAINING, embedAbove);
  const scale = fitTarget(rows.target, TRAINING);
  return { profile, rows, encoder, scale };
}

async function fetched(of: TableEncoding, { y: _, ...rows }: Tensors) {
  const bytes = compileInference({
    inputs: of.types,
    build: (b, values) => ({ fed: of.front(b, values) }),
    meta: { producer: 'test' },
  });
  await using session = await openSession(bytes, { threads: 1 });
  return await session.run(rows);
}

test.each<[string, (i: number) => string | number]>([
  ['classes', (i) => ['a', 'b', 'c'][i % 3]!],
  ['numbers', (i) => (i * 0.37).toFixed(2)],
  ['labels', (i) => ['a', 'b|c', 'a|c', 'b', 'c|a|b'][i % 5]!],
])('have the same input and the same targets: %s', async (_, target) => {
  const { profile, rows, encoder, scale } = await prepared(fileOf(target));
  const encoding = trainedEncoding(encoder, profile);
  const together = encodeAll({ rows, encoder, scale, which: WHICH });
  expect(Object.keys(together)).toEqual(['input', 'y']);
  const apart = { ...encodeRows(rows, encoder, WHICH), ...encodeTarget(rows.target, scale, WHICH) };
  expect(together.y).toEqual(apart.y);
  expect(await fetched(encoding, together)).toEqual(await fetched(tableEncoding(encoder, profile), apart));
});

test('are stored as numbers and codes where a category is embedded or has many values', async () => {
  const names = ['dense', 'codes', 'y'];
  const embedded = await prepared(
    fileOf((i) => ['a', 'b'][i % 2]!),
    1,
  );
  const { rows, encoder, scale, profile } = embedded;
  expect(Object.keys(encodeAll({ rows, encoder, scale, which: WHICH }))).toEqual(names);
  expect(Object.keys(trainedEncoding(encoder, profile).types)).toEqual(['dense', 'codes']);
  const wide = `word,y\n${Array.from({ length: 600 }, (_, i) => `w${i % 150},${i % 2 ? 'a' : 'b'}`).join('\n')}\n`;
  const many = await prepared(wide);
  const all = Int32Array.from({ length: 600 }, (_, i) => i);
  const fitted = fitEncoder(many.rows, all);
  expect(Object.keys(encodeAll({ rows: many.rows, encoder: fitted, scale: many.scale, which: all }))).toEqual([
    'codes',
    'y',
  ]);
});
