import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget } from '#infra/embedded/gateway/byte-budget.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a budget of bytes', () => {
  test('admits what fits and makes the rest wait their turn', async () => {
    const budget = new ByteBudget(10);
    const entered: string[] = [];
    const enter = (name: string, bytes: number) =>
      budget.take(bytes).then((giveBack) => {
        entered.push(name);
        return giveBack;
      });
    const first = await enter('first', 6);
    void enter('large', 8);
    void enter('small', 1);
    await settled();
    expect(entered).toEqual(['first']);
    first();
    await settled();
    expect(entered).toEqual(['first', 'large', 'small']);
  });

  test('releases bytes once, however often release is called', async () => {
    const budget = new ByteBudget(1);
    const giveBack = await budget.take(1);
    giveBack();
    giveBack();
    await budget.take(1);
    let second = false;
    void budget.take(1).then(() => {
      second = true;
    });
    await settled();
    expect(second).toBe(false);
  });

  test('never exceeds its limit, and serves every request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 30 }), async (sizes) => {
        const budget = new ByteBudget(10);
        let out = 0;
        let served = 0;
        await Promise.all(
          sizes.map(async (bytes) => {
            const giveBack = await budget.take(bytes);
            out += bytes;
            expect(out).toBeLessThanOrEqual(10);
            await settled();
            out -= bytes;
            served++;
            giveBack();
          }),
        );
        expect(served).toBe(sizes.length);
      }),
      { numRuns: 50 },
    );
  });
});
