/** Rows that another thread puts into the order of an epoch are those of the epoch's batches. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Tensors, tensor } from '#engine/tensor.ts';
import type { Batch } from '#engine/training/training.ts';
import { RowWindows } from '#learning/fit/row-windows.ts';
import { type Portion, trainingRows } from '#learning/fit/rows.ts';
import type { WindowMessage } from '#learning/fit/window-filler.ts';
import { RowThread } from '#learning/row-thread.ts';

const [ROWS, WIDTH, BATCH, SEED, EPOCHS] = [107, 37, 4, 5, 3];

let thread: RowThread;
beforeEach(() => {
  thread = new RowThread();
});
afterEach(() => thread[Symbol.asyncDispose]());

function shared(): Tensors {
  const x = new Float32Array(new SharedArrayBuffer(ROWS * WIDTH * 4)).map((_, i) => i / 7);
  const y = new Int32Array(new SharedArrayBuffer(ROWS * 4));
  const input = new Float32Array(new SharedArrayBuffer(x.byteLength));
  input.set(x);
  // A signalling NaN, which is another one once it was a number.
  new Uint32Array(input.buffer)[3] = 0x7fa00001;
  for (let i = 0; i < ROWS; i++) y[i] = i;
  return { input: tensor('float32', [ROWS, WIDTH], input), y: tensor('int32', [ROWS], y) };
}

/** The rows of some batches, as bits. */
function fetched({ data, batches }: Portion): number[][][] {
  const rowOf = (row: number) =>
    Object.values(data).flatMap(({ data: values, shape }) => {
      const { buffer, byteOffset, length } = values as Float32Array;
      const width = length / shape[0]!;
      return Array.from(new Int32Array(buffer, byteOffset, length).subarray(row * width, (row + 1) * width));
    });
  return batches.map((batch: Batch) => Array.from(batch, rowOf));
}

async function allOf(portions: AsyncIterable<Portion> | Iterable<Portion>) {
  const all: number[][][] = [];
  for await (const portion of portions) all.push(...fetched(portion));
  return all;
}

const windowsOf = (rows: Tensors) =>
  new RowWindows(thread, rows, { batchSize: BATCH, seed: SEED, lastEpoch: EPOCHS, windowRows: 5 * BATCH });

test('in one epoch after another, bit for bit', async () => {
  const rows = shared();
  const windows = windowsOf(rows);
  const whole = trainingRows(rows, BATCH);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const of = { seed: SEED, epoch, from: 0 };
    const found = await allOf(windows.epoch(of));
    expect(found).toHaveLength(27);
    expect(found.at(-1)).toHaveLength(3);
    expect(found).toEqual(await allOf(whole.epoch(of)));
  }
});

test('behind the rows of a shorter batch are copies of its last one', async () => {
  const rows = shared();
  let count = 0;
  for await (const { data, batches } of windowsOf(rows).epoch({ seed: SEED, epoch: 1, from: 0 })) {
    const whole = Array.from({ length: BATCH * batches.length }, (_, i) => i);
    expect([data.input!.shape, data.y!.shape]).toEqual([[whole.length, WIDTH], [whole.length]]);
    const own = fetched({ data, batches }).flat();
    count += own.length;
    const padding = new Array(whole.length - own.length).fill(own.at(-1));
    expect(fetched({ data, batches: [whole] })[0]).toEqual([...own, ...padding]);
  }
  expect(count).toBe(ROWS);
});

test.each([0, 1, 13, 26, 27])('from batch %s of a later epoch on, as in a training that is resumed', async (from) => {
  const rows = shared();
  const of = { seed: SEED, epoch: 2, from };
  expect(await allOf(windowsOf(rows).epoch(of))).toEqual(await allOf(trainingRows(rows, BATCH).epoch(of)));
});

test('after an epoch that was broken off', async () => {
  const rows = shared();
  const windows = windowsOf(rows);
  for await (const _ of windows.epoch({ seed: SEED, epoch: 1, from: 0 })) break;
  const of = { seed: SEED, epoch: 1, from: 9 };
  expect(await allOf(windows.epoch(of))).toEqual(await allOf(trainingRows(rows, BATCH).epoch(of)));
});

test('are those of the next training in the same thread, though the one before was not at its end', async () => {
  const rows = shared();
  for await (const _ of windowsOf(rows).epoch({ seed: SEED, epoch: 1, from: 0 })) break;
  await thread[Symbol.asyncDispose]();
  thread = new RowThread();
  const of = { seed: SEED, epoch: 1, from: 0 };
  expect(await allOf(windowsOf(rows).epoch(of))).toEqual(await allOf(trainingRows(rows, BATCH).epoch(of)));
});

test('are not put into order where there are few of them, or where no other thread sees them', () => {
  const of = { batchSize: BATCH, seed: SEED, lastEpoch: EPOCHS };
  expect(RowWindows.for(thread, shared(), of)).toBeUndefined();
  const large = (memory: ArrayBuffer | SharedArrayBuffer) => ({
    y: tensor('int32', [memory.byteLength / 4], new Int32Array(memory)),
  });
  expect(RowWindows.for(thread, large(new ArrayBuffer(2 ** 26)), of)).toBeUndefined();
  expect(RowWindows.for(thread, large(new SharedArrayBuffer(2 ** 26)), of)).toBeDefined();
});

test('a thread that has failed ends the epoch with its error', async () => {
  const rows = shared();
  const windows = windowsOf(rows);
  // Rows of this type are none that it can gather.
  const wrong = { x: tensor('int64', [4], new BigInt64Array(new SharedArrayBuffer(32))) };
  const message: WindowMessage = { kind: 'windows', rows: wrong, windows: [wrong], batchSize: 1, lastEpoch: 1 };
  thread.send(message);
  await expect(allOf(windows.epoch({ seed: SEED, epoch: 2, from: 0 }))).rejects.toThrow('float32 and int32');
});
