import { expect, test } from '@jest/globals';
import type { ServedModel } from '#domain/models/record.ts';
import { dividedByWeight } from '#learning/predictor.ts';
import { isHeavy } from '#learning/serving/weight.ts';

const MEBIBYTE = 2 ** 20;

const modelOf = (size: number): ServedModel => ({
  id: 'm',
  account_id: 'a',
  number: 1,
  artifacts: [
    { file: 'model-card.md', size: 1000 * MEBIBYTE, sha256: '' },
    { file: 'model.onnx', size, sha256: '' },
  ],
});

test.each([
  ['a small model with one row', 20_000, 1, false],
  ['a small model with many rows', 20_000, 1000, false],
  ['a model at the bound', 4 * MEBIBYTE, 8, false],
  ['one more row than it may have', 4 * MEBIBYTE, 9, true],
  ['a large model with one row', 4 * MEBIBYTE + 1, 1, true],
])('%s', (_, bytes, rows, heavy) => {
  expect(isHeavy(modelOf(bytes), rows)).toBe(heavy);
});

test('what was measured counts, but for a model that is large', () => {
  expect(isHeavy(modelOf(20_000), 1, true)).toBe(true);
  expect(isHeavy(modelOf(4 * MEBIBYTE), 9, false)).toBe(false);
  expect(isHeavy(modelOf(4 * MEBIBYTE + 1), 1, false)).toBe(true);
});

test('a model of others is heavy, whatever its size', () => {
  const { artifacts, ...model } = modelOf(1);
  const imported = [...artifacts, { file: 'imported.onnx', size: 1, sha256: '' }];
  expect(isHeavy({ ...model, artifacts: imported }, 1)).toBe(true);
});

test('heavy predictions are made elsewhere', async () => {
  const made: string[] = [];
  let measured: boolean | undefined;
  const named = (name: string) => ({
    predict: async () => {
      made.push(name);
      return [];
    },
    isLong: () => measured,
  });
  const predictor = dividedByWeight(named('light'), named('heavy'));
  await predictor.predict(modelOf(1), [[]]);
  await predictor.predict(modelOf(5 * MEBIBYTE), [[]]);
  measured = true;
  await predictor.predict(modelOf(1), [[]]);
  expect(made).toEqual(['light', 'heavy', 'heavy']);
});
