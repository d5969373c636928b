import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBytes } from '#domain/random-access.ts';
import { zipEntries } from '#domain/zip-entries.ts';
import { type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { openWeights } from '#learning/files/weights.ts';
import { writeTorch } from '#learning/files/write-torch.ts';

const state: Tensors = {
  'hidden.0.weight': tensorFrom('float32', [2, 3], [1, -2, 3.5, 4, 5, 6]),
  'hidden.0.bias': tensorFrom('float32', [2], [0.25, -1]),
  'norm.num_batches_tracked': tensorFrom('int64', [], [12]),
  empty: tensorFrom('float32', [0, 4], []),
};

test('what is written is read again, bit for bit', async () => {
  const read = await openWeights(fromBytes(Buffer.concat(writeTorch(state))));
  expect([...read.keys()]).toEqual(Object.keys(state));
  for (const [name, expected] of Object.entries(state)) {
    expect(await read.get(name)!.read()).toEqual(expected);
  }
});

test('any shape and any name', async () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), shape, async (name, dims) => {
      const size = dims.reduce((product, dim) => product * dim, 1);
      const values = Array.from({ length: size }, (_, i) => i / 8);
      const file = Buffer.concat(writeTorch({ [name]: tensorFrom('float32', dims, values) }));
      const read = await (await openWeights(fromBytes(file))).get(name)!.read();
      expect({ shape: read.shape, values: toNumbers(read) }).toEqual({ shape: dims, values });
    }),
  );
});

test('entries are stored in one folder, at multiples of 64 bytes', async () => {
  const entries = await zipEntries(fromBytes(Buffer.concat(writeTorch(state))));
  expect(entries!.map(({ name }) => name)).toEqual(
    ['data.pkl', 'byteorder', 'data/0', 'data/1', 'data/2', 'data/3', 'version'].map((name) => `archive/${name}`),
  );
  for (const { start, compression } of entries!) {
    expect({ aligned: start % 64, compression }).toEqual({ aligned: 0, compression: 'stored' });
  }
});

test('strings are refused, by the name of their tensor', () => {
  expect(() => writeTorch({ words: tensorFrom('string', [1], ['a']) })).toThrow(
    "tensor 'words' must hold numbers; got strings",
  );
});
