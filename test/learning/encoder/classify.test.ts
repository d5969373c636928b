import { describe, expect, test } from '@jest/globals';
import type { Session } from '#engine/run.ts';
import { expectTensor, tensor } from '#engine/tensor.ts';
import { classifyTokens } from '#learning/encoder/classify.ts';

/** A text is a list of numbers, each of which is a token. */
const tokenizer = {
  before: [1],
  largestId: 0,
  after: [2],
  encode: (text: string) => text.split(' ').filter(Boolean).map(Number),
};
const serving = {
  ...{ format: 2 as const, labels: ['attack', 'benign'], benign_label: 'benign', thresholds: {} },
  tokens: { most: 5, overlap: 1, padding_id: 0, flops: 1.2e12 / 6 },
};

/** Takes the largest token for a percentage of attack, and remembers what it was given. */
function session(): Session & { readonly runs: { shape: readonly number[]; ids: number[]; mask: number[] }[] } {
  const runs: { shape: readonly number[]; ids: number[]; mask: number[] }[] = [];
  return {
    ...{ runs, device: 'cpu', inputNames: [], outputNames: [] },
    async run({ input_ids, attention_mask }) {
      const { shape, data } = expectTensor('ids', input_ids, 'int64');
      const ids = Array.from(data, Number);
      runs.push({ shape, ids, mask: Array.from(expectTensor('mask', attention_mask, 'int64').data, Number) });
      const [rows, width] = shape as [number, number];
      const attack = Array.from(
        { length: rows },
        (_, row) => Math.max(...ids.slice(row * width, (row + 1) * width)) / 100,
      );
      return { probabilities: tensor('float32', [rows, 2], Float32Array.from(attack.flatMap((p) => [p, 1 - p]))) };
    },
    runAtOnce: () => ({}),
    dispose: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

describe('texts that an encoder classifies', () => {
  test('are read in overlapping pieces, of which the worst counts', async () => {
    const model = session();
    const found = await classifyTokens(model, serving, tokenizer)(['10 20 30 90 40', '50', '']);
    expect(found.map(([attack]) => Math.round(100 * attack!))).toEqual([90, 50, 2]);
    const [run] = model.runs;
    expect(run).toEqual({
      shape: [4, 5],
      // Shorter ones first; 30 is in both pieces of the first text.
      ids: [1, 2, 0, 0, 0, 1, 50, 2, 0, 0, 1, 10, 20, 30, 2, 1, 30, 90, 40, 2],
      mask: [1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    });
  });

  test('are run some at a time, those of like length together', async () => {
    const model = session();
    const texts = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? '7' : '7 8 9'));
    const found = await classifyTokens(
      model,
      { ...serving, tokens: { ...serving.tokens, flops: 1 } },
      tokenizer,
    )(texts);
    expect(found.map(([attack]) => Math.round(100 * attack!))).toEqual(texts.map((text) => (text === '7' ? 7 : 9)));
    // At most 512 tokens; a text of one token is padded with a few of three only where they meet.
    expect(model.runs.map(({ shape }) => shape)).toEqual([
      [150, 3],
      [102, 5],
      [48, 5],
    ]);
  });

  test('that would take too long are refused, instead of being cut in silence', async () => {
    const long = Array.from({ length: 15 }, (_, i) => i).join(' ');
    await expect(classifyTokens(session(), serving, tokenizer)([long])).rejects.toMatchObject({
      details: [
        {
          field: 'texts',
          message:
            'must have at most 6 pieces of 5 tokens in all; they have more: send fewer or shorter ones at a time',
        },
      ],
    });
  });
});
