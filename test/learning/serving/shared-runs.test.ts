import { expect, test } from '@jest/globals';
import { type Tensors, tensor, tensorFrom } from '#engine/tensor.ts';
import { RunTimes } from '#learning/serving/run-times.ts';
import { type RunOptions, SharedRuns } from '#learning/serving/shared-runs.ts';

/** A session that doubles `x` and repeats `word`. */
function world(options: RunOptions = {}) {
  /** The rows of each run. */
  const runs: number[] = [];
  const shared = new SharedRuns(({ x, word }: Tensors) => {
    const rows = x!.shape[0]!;
    runs.push(rows);
    const numbers = x!.data as Float64Array;
    if (numbers.includes(13)) throw new Error('unlucky');
    const doubled = Array.from(numbers, (number) => [number, 2 * number]).flat();
    return {
      both: tensorFrom('float32', [rows, 2], doubled),
      words: tensor('string', [rows], word!.data as readonly string[]),
    };
  }, options);
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
  return { call, runs };
}

const expected = (...numbers: number[]) => [
  [numbers.length, 2],
  numbers.flatMap((number) => [number, 2 * number]),
  [numbers.length],
  numbers.map((number) => `w${number}`),
];

test('calls of one turn of the event loop share a run, and each gets its own rows', async () => {
  const { call, runs } = world();
  const calls = [call(1), call(2), call(3, 4), call(5)];
  await Promise.resolve();
  calls.push(call(6));
  expect(await Promise.all(calls)).toEqual([expected(1), expected(2), expected(3, 4), expected(5), expected(6)]);
  expect(await call(7)).toEqual(expected(7));
  expect(runs).toEqual([6, 1]);
});

test('calls of a model whose rows change the answers to others each have a run of their own', async () => {
  const { call, runs } = world({ areShared: false, firstAtOnce: true });
  const calls = [call(1), call(2, 3), call(4)];
  expect(await Promise.all(calls)).toEqual([expected(1), expected(2, 3), expected(4)]);
  expect(runs).toEqual([1, 2, 1]);
});

test('the first call of a turn is run at once where that is asked for, and the others at its end', async () => {
  const { call, runs } = world({ firstAtOnce: true });
  for (const alone of [1, 2]) {
    expect(await call(alone)).toEqual(expected(alone));
    await new Promise(setImmediate);
  }
  const calls = [call(3), call(4), call(5, 6)];
  expect(runs).toEqual([1, 1, 1]);
  expect(await Promise.all(calls)).toEqual([expected(3), expected(4), expected(5, 6)]);
  expect(runs).toEqual([1, 1, 1, 3]);
  await expect(Promise.all([call(13), call(7)])).rejects.toThrow('unlucky');
});

test('a run has a bounded number of rows, unless one call has more', async () => {
  const { call, runs } = world();
  const many = (count: number) => call(...Array.from({ length: count }, (_, n) => n + 100));
  const calls = [many(1), many(300), many(200), many(13), many(600), many(1)];
  expect((await Promise.all(calls)).map(([shape]) => (shape as number[])[0])).toEqual([1, 300, 200, 13, 600, 1]);
  expect(runs).toEqual([501, 13, 600, 1]);
});

test('a call that fails its run fails alone', async () => {
  const { call, runs } = world();
  const calls = [call(1), call(2), call(13), call(3)];
  const settled = await Promise.allSettled(calls);
  expect(runs).toEqual([4, 1, 1, 1, 1]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  await expect(calls[2]).rejects.toThrow('unlucky');
  expect(await calls[3]).toEqual(expected(3));
});

test('the times of runs are noted', async () => {
  const times = new RunTimes();
  const { call } = world({ times });
  for (let runs = 0; runs < 8; runs++) await call(1);
  expect([times.exceeds(0, 1), times.exceeds(1000, 1)]).toEqual([true, false]);
});
