import { expect, test } from '@jest/globals';
import { type Tensors, tensor, tensorFrom } from '#engine/tensor.ts';
import { SharedRuns } from '#learning/serving/shared-runs.ts';

/** A session that doubles `x` and repeats `word`, whose runs end when the test says so. */
function world() {
  const runs: { readonly rows: number; readonly end: () => void }[] = [];
  const shared = new SharedRuns(async ({ x, word }: Tensors) => {
    const rows = x!.shape[0]!;
    await new Promise<void>((end) => runs.push({ rows, end }));
    const numbers = x!.data as Float64Array;
    if (numbers.includes(13)) throw new Error('unlucky');
    const doubled = Array.from(numbers, (number) => [number, 2 * number]).flat();
    return {
      both: tensorFrom('float32', [rows, 2], doubled),
      words: tensor('string', [rows], word!.data as readonly string[]),
    };
  });
  const call = async (...numbers: number[]) => {
    const rows = numbers.length;
    const feeds = {
      x: tensorFrom('float64', [rows, 1], numbers),
      word: tensor(
        'string',
        [rows, 1],
        numbers.map((number) => `w${number}`),
      ),
    };
    const { both, words } = await shared.run(feeds, rows);
    return [both!.shape, Array.from(both!.data as Float32Array), words!.shape, words!.data];
  };
  /** Ends the runs one after another until there are so many. */
  const endRuns = async (count: number): Promise<number[]> => {
    for (let ended = 0; ended < count; ended++) {
      while (runs.length === ended) await new Promise(setImmediate);
      runs[ended]!.end();
    }
    return runs.map(({ rows }) => rows);
  };
  return { call, endRuns };
}

const expected = (...numbers: number[]) => [
  [numbers.length, 2],
  numbers.flatMap((number) => [number, 2 * number]),
  [numbers.length],
  numbers.map((number) => `w${number}`),
];

test('calls that come during a run share the next one, and each gets its own rows', async () => {
  const { call, endRuns } = world();
  const calls = [call(1), call(2), call(3, 4), call(5)];
  expect(await endRuns(2)).toEqual([1, 4]);
  expect(await Promise.all(calls)).toEqual([expected(1), expected(2), expected(3, 4), expected(5)]);
});

test('a run has a bounded number of rows, unless one call has more', async () => {
  const { call, endRuns } = world();
  const many = (count: number) => call(...Array.from({ length: count }, (_, n) => n + 100));
  const calls = [many(1), many(300), many(200), many(13), many(600), many(1)];
  expect(await endRuns(5)).toEqual([1, 500, 13, 600, 1]);
  expect((await Promise.all(calls)).map(([shape]) => (shape as number[])[0])).toEqual([1, 300, 200, 13, 600, 1]);
});

test('a call that fails its run fails alone', async () => {
  const { call, endRuns } = world();
  const calls = [call(1), call(2), call(13), call(3)];
  const settled = Promise.allSettled(calls);
  expect(await endRuns(5)).toEqual([1, 3, 1, 1, 1]);
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  await expect(calls[2]).rejects.toThrow('unlucky');
  expect(await calls[3]).toEqual(expected(3));
});
