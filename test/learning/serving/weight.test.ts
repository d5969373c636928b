import { expect, test } from '@jest/globals';
import type { ServedModel } from '#domain/models/record.ts';
import { dividedByWeight } from '#learning/predictor.ts';
import type { Serving } from '#learning/serving/description.ts';
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

/** What says how large a PNG is, as base64. */
function pngOf(width: number, height: number): string {
  const bytes = Buffer.alloc(64);
  bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
}

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
  let takesImages = true;
  const named = (name: string) => ({
    predict: async () => {
      made.push(name);
      return [];
    },
    isLong: () => measured,
    describe: async (): Promise<Serving> => ({
      ...{ format: 1, task: 'classification', target: 'label', classes: ['a', 'b'], features: [] },
      ...(takesImages ? { kind: 'image', input: { channels: 1, height: 8, width: 8, values: 'bytes' } } : {}),
    }),
  });
  const predictor = dividedByWeight(named('light'), named('heavy'));
  await predictor.predict(modelOf(1), [[]]);
  await predictor.predict(modelOf(5 * MEBIBYTE), [[]]);
  measured = true;
  await predictor.predict(modelOf(1), [[]]);
  expect(made).toEqual(['light', 'heavy', 'heavy']);
  // A file of a few bytes may have millions of pixels.
  measured = false;
  made.length = 0;
  const pictures = [pngOf(1000, 131), pngOf(1000, 132)];
  for (const picture of pictures) await predictor.predict(modelOf(1), [picture]);
  await predictor.predict(modelOf(1), [pngOf(1000, 66), pngOf(1000, 66)]);
  takesImages = false;
  await predictor.predict(modelOf(1), [pictures[1]!]);
  expect(made).toEqual(['light', 'heavy', 'heavy', 'light']);
});
