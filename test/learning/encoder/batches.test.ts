import { describe, expect, test } from '@jest/globals';
import { scalar, type Tensors, tensor } from '#engine/tensor.ts';
import { affordable, bucketedBatches, bucketOf, bucketsOf } from '#learning/encoder/buckets.ts';
import { piecesOf, truncated } from '#learning/encoder/cut.ts';
import { localTokens, VocabularyTables } from '#learning/encoder/vocabulary.ts';

const LENGTHS = Int32Array.from({ length: 203 }, (_, i) => 1 + ((i * 37) % 100));

describe('batches of texts of like length', () => {
  test('have each text once, whatever the last one is short of', () => {
    const batches = bucketedBatches(LENGTHS, 8, 1, 1);
    expect(batches).toHaveLength(Math.ceil(203 / 8));
    expect(batches.flatMap((batch) => Array.from(batch)).sort((a, b) => a - b)).toEqual([...LENGTHS.keys()]);
  });

  test('depend on seed and epoch alone', () => {
    expect(bucketedBatches(LENGTHS, 8, 1, 1)).toEqual(bucketedBatches(LENGTHS, 8, 1, 1));
    expect(bucketedBatches(LENGTHS, 8, 1, 2)).not.toEqual(bucketedBatches(LENGTHS, 8, 1, 1));
  });

  test('are padded by little, where batches at random would double the tokens', () => {
    const padded = bucketedBatches(LENGTHS, 8, 1, 1).reduce(
      (sum, batch) => sum + batch.length * Math.max(...Array.from(batch, (row) => LENGTHS[row]!)),
      0,
    );
    const tokens = LENGTHS.reduce((sum, length) => sum + length);
    expect(padded / tokens).toBeLessThan(1.1);
  });

  test('have at most five lengths, multiples of eight, of which the last holds the longest', () => {
    expect(bucketsOf(LENGTHS)).toEqual([32, 56, 80, 96, 104]);
    expect(bucketsOf(Int32Array.of(3, 3, 3))).toEqual([8]);
    expect([bucketOf(32, [32, 56]), bucketOf(33, [32, 56]), bucketOf(99, [32, 56])]).toEqual([32, 56, 56]);
  });
});

test('lengths that have no room beside the longest are left out, the shortest first', () => {
  const kept = (room: number) => affordable([8, 16, 32], (length) => length, room);
  expect([kept(56), kept(55), kept(32), kept(1)]).toEqual([[8, 16, 32], [16, 32], [32], [32]]);
});

describe('a text that is too long', () => {
  const ids = [1, 2, 3, 4, 5, 6, 7];

  test.each([
    ['head', [1, 2, 3]],
    ['tail', [5, 6, 7]],
    ['both', [1, 2, 7]],
  ] as const)('is cut at its other end: %s', (truncation, left) => {
    expect(truncated(ids, 3, truncation)).toEqual(left);
    expect(truncated(ids, 7, truncation)).toEqual(ids);
  });

  test('is read in pieces that overlap', () => {
    expect(piecesOf(ids, { most: 4, overlap: 2 })).toEqual([
      [1, 2, 3, 4],
      [3, 4, 5, 6],
      [5, 6, 7],
    ]);
    expect(piecesOf(ids, { most: 7, overlap: 2 })).toEqual([ids]);
    expect(piecesOf([], { most: 4, overlap: 2 })).toEqual([[]]);
  });
});

describe('the rows of a vocabulary that a step needs', () => {
  const table = () => tensor('float32', [4, 2], Float32Array.of(0, 1, 10, 11, 0, 0, 30, 31));
  const numbers = (tensors: Tensors) => [...(tensors.table!.data as Float32Array)];
  const rows = (...values: number[]) => ({
    table: tensor('float32', [values.length / 2, 2], Float32Array.from(values)),
  });

  test('are taken in the order in which they occur, and put back', () => {
    const { tokens, local } = localTokens(Int32Array.of(3, 1, -1, 3));
    expect([[...tokens], [...local]]).toEqual([
      [3, 1],
      [0, 1, -1, 0],
    ]);
    const tables = new VocabularyTables({ table: table(), other: scalar('float32', 1) }, ['table']);
    expect(numbers(tables.take(tokens, 3))).toEqual([30, 31, 10, 11, 0, 0]);
    tables.put(tokens, rows(3, 3, 1, 1, 9, 9));
    expect(numbers(tables.all)).toEqual([0, 1, 1, 1, 0, 0, 3, 3]);
  });

  test('do not change a table that somebody else holds', () => {
    const given = { table: table() };
    const tables = new VocabularyTables(given, ['table']);
    tables.put(Int32Array.of(1), rows(7, 7));
    const held = tables.all;
    tables.put(Int32Array.of(1), rows(8, 8));
    expect([numbers(given), numbers(held), numbers(tables.all)].map((all) => all.slice(2, 4))).toEqual([
      [10, 11],
      [7, 7],
      [8, 8],
    ]);
  });

  test('change the table itself where nobody else has it', () => {
    const tables = new VocabularyTables({ table: table() }, ['table']);
    tables.put(Int32Array.of(1), rows(7, 7));
    const { data } = tables.all.table!;
    tables.put(Int32Array.of(1), rows(8, 8));
    tables.put(Int32Array.of(2), rows(9, 9));
    const { data: copied } = tables.all.table!;
    expect(copied).not.toBe(data);
    tables.put(Int32Array.of(0), rows(5, 5));
    expect(copied.slice(0, 2)).toEqual(Float32Array.of(0, 1));
  });

  test('can be had as they were before several changes', () => {
    const tables = new VocabularyTables({ table: table() }, ['table']);
    const first = tables.recall();
    tables.put(Int32Array.of(1, 0), rows(7, 7, 6, 6));
    const second = tables.recall();
    tables.put(Int32Array.of(3, 1), rows(8, 8, 5, 5));
    expect(numbers(second())).toEqual([6, 6, 7, 7, 0, 0, 30, 31]);
    expect(numbers(first())).toEqual([0, 1, 10, 11, 0, 0, 30, 31]);
    expect(numbers(tables.all)).toEqual([6, 6, 5, 5, 0, 0, 8, 8]);
  });
});
