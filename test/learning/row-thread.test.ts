/** What a thread beside the trainer's does changes nothing about what is learned, and it is started for large tables only. */
import { expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { adam } from '#engine/optim/adam.ts';
import { uniformStream } from '#engine/random.ts';
import { tensor } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import { type } from '#engine/type.ts';
import { fitLearner, type Learner } from '#learning/fit/fit.ts';
import { keepThread, takeThread } from '#learning/profile/reading-threads.ts';
import { prepareRowThread, ROW_PROGRAM, RowThread, rowThreadFor } from '#learning/row-thread.ts';
import { families } from '#zoo/registry.ts';

/** Rows of more than 32 MiB. */
const [ROWS, WIDTH] = [16_500, 512];

function learner(): Learner {
  const h = families.mlp!.hyperparameters.parse({ hidden_layers: [2] });
  const network = families.mlp!.network({ input: [WIDTH], outputs: 2 }, h);
  const data = { x: type('float32', ['rows', WIDTH]), y: type('int32', ['rows']) };
  return {
    ...{ name: 'test', network, flopsPerRow: 2 * WIDTH * 2 },
    optimizer: adam({ learningRate: 0.01 }),
    objective: { data, target: 'y', network, loss: softmaxCrossEntropy },
  };
}

test('a fit whose rows another thread puts into order is the same, bit for bit, also where it is resumed', async () => {
  const x = new Float32Array(new SharedArrayBuffer(ROWS * WIDTH * 4));
  const y = new Int32Array(new SharedArrayBuffer(ROWS * 4));
  const uniform = uniformStream(1, 'rows');
  for (let i = 0; i < x.length; i++) x[i] = uniform();
  for (let i = 0; i < ROWS; i++) y[i] = Number(x[i * WIDTH]! > x[i * WIDTH + 1]!);
  const training = { x: tensor('float32', [ROWS, WIDTH], x), y: tensor('int32', [ROWS], y) };
  let last: Uint8Array | undefined;
  const trained = (thread: RowThread | undefined, resumed = false) =>
    fitLearner({
      ...{ learner: learner(), data: { training }, thread, now: () => performance.now(), report: async () => true },
      hyperparameters: { batch_size: 1024, epochs: 2, seed: 3, learning_rate: 0.01 },
      preparation: { task: 'classification', classes: ['a', 'b'], scale: { mean: 0, deviation: 1 } },
      earlyStopping: { enabled: false, patience: 1, monitor: 'loss' },
      checkpoints: {
        data: 'test',
        // The first one: within the first epoch.
        everyMs: 0,
        keep: async (file) => {
          last ??= Buffer.concat(file);
        },
        ...(resumed ? { last: last! } : {}),
      },
    });
  const alone = await trained(undefined);
  await using thread = new RowThread();
  expect(await trained(thread)).toEqual(alone);
  expect(await trained(thread, true)).toEqual(alone);
});

test.each<[string, Partial<DatasetProfile>, boolean]>([
  ['a large table', {}, true],
  ['a small table', { rows: 1000 }, false],
  ['images', { kind: 'image' }, false],
])('of %s', async (_, more, isStarted) => {
  const column = { name: 'x', type: 'number' as const, role: 'feature' as const };
  const profile = { rows: 1_100_000, rows_without_target: 0, target: 'y', columns: [column], ...more };
  await using thread = rowThreadFor(profile as unknown as DatasetProfile);
  expect(thread !== undefined).toBe(isStarted);
});

test('a thread that was prepared is the one that works', async () => {
  const newest = takeThread(ROW_PROGRAM);
  const { threadId } = newest;
  await newest.terminate();
  await prepareRowThread();
  const taken = takeThread(ROW_PROGRAM);
  // Threads are numbered as they are started.
  expect(taken.threadId).toBe(threadId + 1);
  keepThread(taken);
  await using _ = new RowThread();
});
