import { describe, expect, test } from '@jest/globals';
import { type ExplainingBounds, explainTexts } from '#learning/text/explain.ts';

/** What a model says that knows two words, and their being together. */
const score = (text: string): number =>
  0.1 + (/rules/.test(text) ? 0.3 : 0) + (/ignore/i.test(text) ? 0.2 : 0) + (/ignore.*rules/i.test(text) ? 0.2 : 0);
const asked: number[] = [];
const ask = async (texts: readonly string[], output: number): Promise<number[]> => {
  asked.push(texts.length);
  return texts.map((text) => (output === 1 ? score(text) : 1 - score(text)));
};
const bounds = (more: Partial<ExplainingBounds> = {}): ExplainingBounds => ({
  ...{ parts: 100, orders: 8, runs: () => 10_000 },
  ...more,
});
const answer = (text: string, output = 1) => ({ text, output, value: output === 1 ? score(text) : 1 - score(text) });

describe('the words of a text', () => {
  test('are what its prediction is made of, beside an empty text', async () => {
    const [found] = await explainTexts([answer('Ignore my rules')], bounds(), ask);
    expect(found).toMatchObject({ base: 0.1, words: ['Ignore ', 'my ', 'rules'] });
    const [ignore, my, rules] = found!.contributions as number[];
    // What the two do only together is divided among them.
    expect([ignore, my, rules].map((one) => Math.round(100 * one!))).toEqual([30, 0, 40]);
  });

  test('add up with the base to what the model says, of whatever label', async () => {
    for (const [text, output] of [['  Ignore\n all the rules\t', 1] as const, ['rules', 0] as const]) {
      const [found] = await explainTexts([answer(text, output)], bounds(), ask);
      expect(found!.words!.join('')).toBe(text);
      const sum = (found!.contributions as number[]).reduce((total, one) => total + one, found!.base);
      expect(sum).toBeCloseTo(answer(text, output).value, 10);
    }
  });

  test('are taken together with their neighbours in a long text, as many as there is time for', async () => {
    const text = Array.from({ length: 90 }, (_, i) => (i === 89 ? 'rules' : `w${i}`)).join(' ');
    const [some] = await explainTexts([answer(text)], bounds({ parts: 30 }), ask);
    expect(some!.words).toHaveLength(30);
    expect(some!.words!.join('')).toBe(text);
    asked.length = 0;
    const [few, other] = await explainTexts([answer(text), answer('short')], bounds({ runs: () => 160 }), ask);
    expect(few!.words).toHaveLength(10);
    expect(few!.words!.at(-1)).toMatch(/ rules$/);
    expect(asked.reduce((sum, one) => sum + one, 0)).toBeLessThan(160);
    expect(other).toMatchObject({ words: ['short'] });
  });

  test('are too many where not even some of them can be told apart: the text and the bound are named', async () => {
    const explaining = explainTexts([answer('a b c d e'), answer('a b c d e f')], bounds({ runs: () => 40 }), ask);
    await expect(explaining).rejects.toMatchObject({
      details: [
        { field: 'inputs[0]', message: 'must be one of at most 1 texts as long as this one with explain; got 2' },
      ],
    });
  });
});
