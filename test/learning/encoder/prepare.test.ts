import { describe, expect, test } from '@jest/globals';
import { contentOf } from '#domain/request-body.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { prepareTokens } from '#learning/encoder/prepare.ts';
import { profileTexts } from '#learning/text/profile.ts';
import type { Truncation } from '#zoo/text-hyperparameters.ts';

/** A text is a list of numbers, each of which is a token. */
const tokenizer = { largestId: 29, before: [1], after: [2], encode: (text: string) => text.split(' ').map(Number) };
/** Two short texts and two of three pieces: 10 to 13, 13 to 16, and 16 to 18. */
const TEXTS = ['5', '6', '10 11 12 13 14 15 16 17 18', '20 21 22 23 24 25 26 27 28'];
const LONG = [
  [1, 10, 11, 12, 13, 2],
  [1, 13, 14, 15, 16, 2],
  [1, 16, 17, 18, 2],
];

async function prepare(truncation: Truncation, texts: readonly string[] = TEXTS) {
  const rows = texts.map((text, i) => `${JSON.stringify({ text, label: i % 2 ? 'benign' : 'attack' })}\n`);
  const content = contentOf(Buffer.from(rows.join('')));
  const profile = await profileTexts(content.read(), 'jsonl');
  return prepareTokens(
    content.read(),
    { source: 'jsonl', profile },
    {
      ...{ tokenizer, mostTokens: 6, overlap: 1, truncation, vocabularySize: 30 },
      ...{ labels: ['attack', 'benign'], validationSplit: 0, seed: 0 },
    },
  );
}

/** The rows that are learned from in an epoch, with the tokenizer's identifiers. */
function idsOf({ ids, y }: Tensors, occurring: Int32Array): { ids: number[]; y: number }[] {
  const { shape, data } = expectTensor('ids', ids, 'int32');
  const labels = expectTensor('y', y, 'int32').data;
  return Array.from(labels, (label, row) => ({
    ids: [...data.subarray(row * shape[1]!, (row + 1) * shape[1]!)].filter((id) => id >= 0).map((id) => occurring[id]!),
    y: label,
  }));
}

describe('texts that are too long to learn from at once', () => {
  test('give a piece of them in each epoch, of those that a prediction reads', async () => {
    const { epochRows, occurring, shortened, longest } = await prepare('random');
    expect([shortened, longest]).toEqual([2, 6]);
    const epochs = Array.from({ length: 20 }, (_, epoch) => idsOf(epochRows!(0, epoch), occurring));
    const seen = new Set<string>();
    for (const rows of epochs) {
      expect(rows.slice(0, 2).map(({ ids }) => ids)).toEqual([
        [1, 5, 2],
        [1, 6, 2],
      ]);
      expect(rows.map(({ y }) => y).sort()).toEqual([0, 0, 1, 1]);
      const own = rows.find(({ ids }) => ids[1]! >= 10 && ids[1]! < 20)!;
      expect(own.y).toBe(0);
      expect(LONG).toContainEqual(own.ids);
      seen.add(own.ids.join());
    }
    expect(seen.size).toBe(3);
  });

  test('give the same one whenever the same epoch is run, and others with another seed', async () => {
    const [one, other] = [await prepare('random'), await prepare('random')];
    const of = ({ epochRows, occurring }: typeof one, seed: number) =>
      Array.from({ length: 9 }, (_, epoch) => idsOf(epochRows!(seed, epoch), occurring));
    expect(of(one, 0)).toEqual(of(other, 0));
    expect(of(one, 0)).not.toEqual(of(one, 1));
  });

  test('give always the same part where that is asked for, as texts do of which none is long', async () => {
    expect((await prepare('head')).epochRows).toBeUndefined();
    expect((await prepare('random', ['5', '6'])).epochRows).toBeUndefined();
  });
});
