import { describe, expect, test } from '@jest/globals';
import { tensor } from '#engine/tensor.ts';
import type { StoredWeight } from '#learning/encoder/checkpoint.ts';
import { withHeadOf } from '#learning/encoder/head.ts';

const weight = (shape: number[], values: number[]): StoredWeight => ({
  shape,
  read: async () => tensor('float32', shape, Float32Array.from(values)),
});
const stored = new Map([
  ['pooler.dense.bias', weight([2], [8, 9])],
  ['classifier.weight', weight([3, 2], [10, 11, 20, 21, 30, 31])],
  ['classifier.bias', weight([3], [1, 2, 3])],
]);
const id2label = { 0: 'jailbreak', 1: 'BENIGN', 2: 'other' };
const head = async (labels: string[], config: object = { id2label }) => {
  const all = withHeadOf(stored, { ...config }, labels);
  const read = async (name: string) => {
    const one = await all.get(name)?.read();
    return one && [one.shape, ...(one.data as Float32Array)];
  };
  return { names: [...all.keys()], weight: await read('classifier.weight'), bias: await read('classifier.bias') };
};

describe('the head of a checkpoint', () => {
  test('has its classes in the order of the labels', async () => {
    const { weight, bias } = await head(['benign', 'other', 'jailbreak']);
    expect(weight).toEqual([[3, 2], 20, 21, 30, 31, 10, 11]);
    expect(bias).toEqual([[3], 2, 3, 1]);
  });

  test('gives the classes that are wanted where it has more', async () => {
    const { weight, bias } = await head(['other', 'benign']);
    expect(weight).toEqual([[2, 2], 30, 31, 20, 21]);
    expect(bias).toEqual([[2], 3, 2]);
  });

  test.each([
    ['names another class', { id2label: { 0: 'jailbreak', 1: 'benign', 2: 'else' } }],
    ['names none', {}],
    ['only numbers its classes', { id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' } }],
    ['calls two alike', { id2label: { 0: 'jailbreak', 1: 'benign', 2: 'other', 3: 'Other' } }],
    ['has another number of rows than names', { id2label: { ...id2label, 3: 'more' } }],
  ])('is drawn anew if the file %s', async (_, config) => {
    expect((await head(['benign', 'other', 'jailbreak'], config)).names).toEqual(['pooler.dense.bias']);
  });
});
