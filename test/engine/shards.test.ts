import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { heUniform } from '#engine/random.ts';
import { shardedBatches, shardMemory } from '#engine/shards/batches.ts';
import { dataTypes, type RowType, ShardError } from '#engine/shards/format.ts';
import { openShards } from '#engine/shards/read.ts';
import { type ShardSpec, ShardWriter } from '#engine/shards/write.ts';
import { expectTensor, type Tensors, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { squaredError } from '#engine/training/loss.ts';
import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Training } from '#engine/training/training.ts';
import { bytesPerElement } from '#engine/type.ts';
import { random } from './harness.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shards-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function write(rows: Tensors, shards: number, { seed = 1, pieces = 1 } = {}, into = folder) {
  const tensors: ShardSpec['tensors'] = Object.fromEntries(
    Object.entries(rows).map(([name, { dtype, shape }]) => [name, { dtype, shape: shape.slice(1) } as RowType]),
  );
  const writer = await ShardWriter.create(into, { tensors, shards, seed });
  for (let i = 0; i < pieces; i++) await writer.append(rows);
  await writer.finish();
  return await openShards(into);
}

/** Rows that say who they are. */
const numbered = (count: number): Tensors => ({
  id: tensorFrom('int32', [count], [...Array(count).keys()]),
  x: tensorFrom(
    'float32',
    [count, 2],
    Array.from({ length: 2 * count }, (_, i) => i / 2),
  ),
});

const WIDTH = 12;
const roomFor = (rows: number): number => 2 * rows * WIDTH;

/** The rows of each batch by their ids, once it is sure that the other tensor has the same rows. */
async function idsOf(batches: ReturnType<typeof shardedBatches>): Promise<number[][]> {
  const ids: number[][] = [];
  for await (const { data, batches: some, first } of batches) {
    expect(first).toBe(ids.length);
    const [id, x] = [expectTensor('id', data.id, 'int32').data, expectTensor('x', data.x, 'float32').data];
    for (const batch of some) {
      for (const row of batch) expect([x[2 * row], x[2 * row + 1]]).toEqual([id[row]!, id[row]! + 0.5]);
      ids.push(Array.from(batch, (row) => id[row]!));
    }
  }
  return ids;
}

describe('batches out of shards', () => {
  test('are all rows once, of the wanted size but for the last', async () => {
    const shards = await write(numbered(23), 4);
    expect([shards.rows, shards.sizes]).toEqual([23, expect.arrayContaining([5, 6, 6, 6])]);
    const ids = await idsOf(
      shardedBatches(shardMemory(shards, { batchSize: 5, bytes: roomFor(11) }), { seed: 2, epoch: 1 }),
    );
    expect(ids.map((batch) => batch.length)).toEqual([5, 5, 5, 5, 3]);
    expect(ids.flat().sort((a, b) => a - b)).toEqual([...Array(23).keys()]);
  });

  test('come in an order of seed and epoch, whatever the memory and wherever one begins', async () => {
    const cases = fc.record({
      rows: fc.integer({ min: 6, max: 60 }),
      shards: fc.integer({ min: 1, max: 6 }),
      batchSize: fc.integer({ min: 1, max: 20 }),
      more: fc.nat(80),
      from: fc.nat(),
      epoch: fc.nat(3),
    });
    const property = fc.asyncProperty(cases, async ({ rows, shards: count, batchSize, more, from, epoch }) => {
      const shards = await write(numbered(rows), count, {}, join(folder, `${rows}-${count}`));
      const least = Math.max(...shards.sizes) + batchSize;
      const memory = (room: number) => shardMemory(shards, { batchSize, bytes: roomFor(room) });
      const whole = await idsOf(shardedBatches(memory(least), { seed: 7, epoch }));
      expect(await idsOf(shardedBatches(memory(least + more), { seed: 7, epoch }))).toEqual(whole);
      const start = from % (whole.length + 1);
      const rest: number[][] = [];
      for await (const { data, batches, first } of shardedBatches(memory(least), { seed: 7, epoch, from: start })) {
        expect(first).toBe(start + rest.length);
        const id = expectTensor('id', data.id, 'int32').data;
        rest.push(...batches.map((batch) => Array.from(batch, (row) => id[row]!)));
      }
      expect(rest).toEqual(whole.slice(start));
    });
    await fc.assert(property, { seed: 5, numRuns: 25 });
    const shards = await write(numbered(40), 4);
    const memory = shardMemory(shards, { batchSize: 40, bytes: roomFor(80) });
    const order = async (seed: number, epoch: number) => (await idsOf(shardedBatches(memory, { seed, epoch })))[0]!;
    const orders = [await order(1, 1), await order(1, 2), await order(2, 1)];
    expect(new Set(orders.map(String)).size).toBe(3);
    expect(await order(1, 1)).toEqual(orders[0]);
  });

  test.each([-1, 0.5])('do not begin at a batch numbered %d', async (from) => {
    await write(numbered(20), 4);
    const memory = shardMemory(await openShards(folder), { batchSize: 2, bytes: roomFor(8) });
    await expect(shardedBatches(memory, { seed: 1, epoch: 1, from }).next()).rejects.toThrow(
      new ShardError(`from must be the number of a batch; got ${from}`),
    );
  });

  test('begin anew in the same memory after an iteration that was left', async () => {
    const memory = shardMemory(await write(numbered(30), 5), { batchSize: 4, bytes: roomFor(10) });
    const whole = await idsOf(shardedBatches(memory, { seed: 1, epoch: 1 }));
    for await (const _ of shardedBatches(memory, { seed: 1, epoch: 2 })) break;
    expect(await idsOf(shardedBatches(memory, { seed: 1, epoch: 1 }))).toEqual(whole);
  });

  test('take no more memory than they are given, and say how much they need', async () => {
    const shards = await write(numbered(40), 4);
    const { buffers, capacity } = shardMemory(shards, { batchSize: 3, bytes: roomFor(20) + 11 });
    expect(capacity).toBe(20);
    const bytes = buffers.flatMap((buffer) => ['id', 'x'].map((name) => buffer.bytes(name, 0, capacity).byteLength));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBe(roomFor(20));
    expect(() => shardMemory(shards, { batchSize: 3, bytes: roomFor(13) - 1 })).toThrow(
      new ShardError('memory must hold the largest shard and a batch twice, 312 bytes; got 311'),
    );
    expect(() => shardMemory(shards, { batchSize: 0, bytes: 1e6 })).toThrow(
      new ShardError('batch size must be an integer of at least 1; got 0'),
    );
  });

  test('train as the same rows in memory do, bit for bit', async () => {
    const rows = { x: random(1, [50, 3], -1, 1, 'float32'), y: random(2, [50, 1], -1, 1, 'float32') };
    const shards = await write(rows, 4);
    const spec: TrainSpec = {
      data: dataTypes(shards.tensors),
      target: 'y',
      network: {
        parameters: [{ name: 'w', shape: [3, 1], initializer: heUniform, decay: true }],
        forward: (b, { w }, x) => ops.matMul(b, x, w!),
      },
      loss: squaredError,
      optimizer: adam({ learningRate: 0.01 }),
      batchSize: 8,
      seed: 1,
    };
    const program = compileTrain(spec);
    const open = (data: Tensors) => Training.open(program, data, initialState(spec, 1), { threads: 1 });
    const memory = (room: number) => shardMemory(shards, { batchSize: 8, bytes: 2 * 16 * room });
    const train = async (room: number) => {
      const losses: number[] = [];
      await using training = await open(rows);
      for (const epoch of [1, 2])
        for await (const { data, batches } of shardedBatches(memory(room), { seed: 1, epoch })) {
          training.data = data;
          losses.push(...(await training.run(batches)).loss);
        }
      return { losses, state: training.state };
    };
    const bounded = await train(21);
    expect(bounded).toEqual(await train(58));
    expect(bounded.losses).toHaveLength(14);
  });
});

describe('a writer of shards', () => {
  test('deals a sorted table so that every shard is like the whole', async () => {
    const y = tensorFrom(
      'int32',
      [60],
      Array.from({ length: 60 }, (_, i) => Math.floor(i / 20)),
    );
    await write({ y }, 4);
    for (let shard = 0; shard < 4; shard++) {
      const bytes = await readFile(join(folder, `0000${shard}.y.bin`));
      const values = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
      expect([0, 1, 2].map((c) => values.filter((value) => value === c).length)).toEqual([5, 5, 5]);
    }
  });

  test('keeps every element type bit for bit, however rows arrive', async () => {
    const dtypes = Object.keys(bytesPerElement) as (keyof typeof bytesPerElement)[];
    const rows: Tensors = Object.fromEntries(
      dtypes.map((dtype) => [dtype, tensorFrom(dtype, [3, 2], [0, 1, 1, 0, 1, 1])]),
    );
    const shards = await write(rows, 2, { pieces: 3 });
    expect(shards.rows).toBe(9);
    const memory = shardMemory(shards, { batchSize: 9, bytes: 1e4 });
    for await (const { data, batches } of shardedBatches(memory, { seed: 1, epoch: 1 }))
      for (const dtype of dtypes) {
        const values = toNumbers(data[dtype]!);
        const pairs = Array.from(batches[0]!, (row) => `${values[2 * row]}${values[2 * row + 1]}`);
        expect(pairs.sort()).toEqual(['01', '01', '01', '10', '10', '10', '11', '11', '11']);
      }
  });

  test('refuses what cannot lie in shards', async () => {
    const float: RowType = { dtype: 'float32', shape: [2] };
    const create = (spec: Partial<ShardSpec>) =>
      ShardWriter.create(folder, { tensors: { x: float }, shards: 2, seed: 1, ...spec });
    await expect(create({ shards: 0 })).rejects.toThrow('shards must be between 1 and 65536; got 0');
    await expect(create({ tensors: {} })).rejects.toThrow('shards must hold at least one tensor; got none');
    await expect(create({ tensors: { '../x': float } })).rejects.toThrow("letters, digits, _ and -; got '../x'");
    await expect(create({ tensors: { x: { dtype: 'float32', shape: [0] } } })).rejects.toThrow(
      "a row of 'x' must have a shape of numbers from 1; got [0]",
    );
    const writer = await create({});
    await expect(writer.append({ x: tensorFrom('float32', [1, 3], [1, 2, 3]) })).rejects.toThrow(
      "rows of 'x' must be float32[1, 2]; got float32[1, 3]",
    );
    await writer.append({ x: tensorFrom('float32', [1, 2], [1, 2]) });
    await expect(writer.finish()).rejects.toThrow('2 shards must have at least a row each; got 1 rows');
    await expect(openShards(folder)).rejects.toThrow('index.json must be there: it is written when all shards are');
  });
});

describe('shards that were damaged are refused by what is wrong', () => {
  const file = () => join(folder, '00001.x.bin');

  async function readAll(): Promise<void> {
    const memory = shardMemory(await openShards(folder), { batchSize: 2, bytes: roomFor(8) });
    for await (const _ of shardedBatches(memory, { seed: 1, epoch: 1 }));
  }

  beforeEach(async () => {
    await write(numbered(20), 4);
  });

  test('missing, cut short, too long, with other bytes', async () => {
    const whole = await readFile(file());
    await truncate(file(), 39);
    await expect(readAll()).rejects.toThrow(new ShardError(`${file()} must have 40 bytes for 5 rows; got 39`));
    await writeFile(file(), Buffer.concat([whole, whole]));
    await expect(readAll()).rejects.toThrow(new ShardError(`${file()} must have 40 bytes for 5 rows; got 80`));
    whole[7]! ^= 1;
    await writeFile(file(), whole);
    await expect(readAll()).rejects.toThrow(/00001\.x\.bin must have the checksum \d+; got \d+: it is damaged/);
    await rm(file());
    await expect(readAll()).rejects.toThrow(`${file()} must be there, since the index names it`);
  });

  test.each([
    ['no JSON', 'must be JSON'],
    ['[]', 'must say "format":"trainyard-shards"'],
    ['{"format":"trainyard-shards","version":2}', 'must be of version 1; got 2'],
    ['{"format":"trainyard-shards","version":1}', 'must list tensors'],
    ['{"format":"trainyard-shards","version":1,"tensors":{"../a":{}}}', "got '../a'"],
    ['{"format":"trainyard-shards","version":1,"tensors":{"x":{"dtype":"string","shape":[]}}}', 'got string'],
    ['{"format":"trainyard-shards","version":1,"tensors":{},"shards":[{"rows":1,"crc32":{}}]}', 'must list tensors'],
    ['{"format":"trainyard-shards","version":1,"tensors":{"x":{"dtype":"constructor","shape":[]}}}', 'got constructor'],
    [
      '{"format":"trainyard-shards","version":1,"tensors":{"x":{"dtype":"float32","shape":[]}},"shards":[]}',
      'must list at least one shard',
    ],
    [
      '{"format":"trainyard-shards","version":1,"tensors":{"x":{"dtype":"float32","shape":[]}},"shards":[{"rows":-1,"crc32":{}}]}',
      'must have rows and checksums for shard 0',
    ],
  ])('an index that says %s', async (text, message) => {
    await writeFile(join(folder, 'index.json'), text);
    const refused = openShards(folder);
    await expect(refused).rejects.toThrow(ShardError);
    await expect(refused).rejects.toThrow(message);
  });
});
