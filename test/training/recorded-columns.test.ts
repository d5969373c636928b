/** A training reads the columns that the reading of a large file has recorded, and trains the same model as from the file. */
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { runJob } from '#training/run-job.ts';
import { openTrainerWorld, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

const COLOURS = ['red', 'green', ''];
const NOTE = 'n'.repeat(3000);
/** More than 4 MiB. */
const CONTENT = `x,when,colour,note,y\n${Array.from({ length: 1500 }, (_, i) =>
  [
    i % 13 === 0 ? '' : (Math.sin(i) * 100).toFixed(4),
    new Date(1.7e12 + i * 61_000).toISOString(),
    COLOURS[i % 3],
    `${NOTE}${i}`,
    Math.sin(i) > 0 ? 'up' : 'down',
  ].join(','),
).join('\n')}\n`;

const spec = { content: CONTENT, target: 'y', hyperparameters: { epochs: 2, hidden_layers: [8] } };

/** The bytes of the job's model, and the keys of the dataset's files that were read. */
async function train(job: Job) {
  const { adapters, accountId } = world;
  const { datasets } = adapters.blobs;
  const read = new Set<string>();
  const get: typeof datasets.get = (key, ...of) => {
    read.add(key);
    return datasets.get(key, ...of);
  };
  const watched = { head: (key: string) => datasets.head(key), get } as typeof datasets;
  const blobs = { ...adapters.blobs, datasets: watched };
  const of = { accountId: job.account_id, jobId: job.id, attempt: job.attempt };
  expect(await runJob({ ...adapters, blobs }, of, { log: () => {} })).toBe('completed');
  const { model_id } = (await findJob(adapters.table, accountId, job.id))!;
  const file = (name: string) => adapters.blobs.artifacts.get(blobKeys.modelFile(accountId, model_id!, name));
  const files = await Promise.all(['model.onnx', 'model.pth'].map(async (name) => buffer((await file(name)).body)));
  return { files, read };
}

test('is bit for bit the model of the file', async () => {
  const { datasets } = world.adapters.blobs;
  const recorded = await world.queue('one', spec);
  const columns = blobKeys.datasetColumns(world.accountId, 'one-data');
  const data = (id: string) => blobKeys.datasetFile(world.accountId, `${id}-data`);
  const first = await train(recorded);
  expect(first.read).toContain(columns);
  expect(first.read).not.toContain(data('one'));

  const plain = await world.queue('two', spec);
  await datasets.delete(blobKeys.datasetColumns(world.accountId, 'two-data'));
  const second = await train(plain);
  expect(second.read).toContain(data('two'));
  expect(second.files).toEqual(first.files);
});

test('columns that a loss of power has damaged are not used', async () => {
  const { datasets } = world.adapters.blobs;
  const job = await world.queue('one', spec);
  const columns = blobKeys.datasetColumns(world.accountId, 'one-data');
  const { body } = await datasets.get(columns);
  const damaged = await buffer(body);
  damaged[5000]! ^= 1;
  await datasets.put(columns, damaged);
  const { read } = await train(job);
  expect(read).toContain(blobKeys.datasetFile(world.accountId, 'one-data'));
});
