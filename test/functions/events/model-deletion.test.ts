import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { keys } from '#domain/keys.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { makeHandler } from '#functions/events/sweep.ts';
import { completed } from '../../domain/models/completed.ts';
import { aReadyDataset, aRunningJob } from '../../domain/store.ts';
import { openWorld, silent, type World } from './world.ts';

const FILES = ['model.onnx', 'model.safetensors', 'card.json'];

let world: World;
let model: Model;

beforeEach(async () => {
  world = await openWorld();
  const { table, blobs } = world.adapters;
  const job = await aRunningJob(table, await aReadyDataset(table, world.accountId));
  model = (await completed(table, job))!.model;
  for (const file of FILES) {
    await blobs.artifacts.put(blobKeys.modelFile(world.accountId, model.id, file), Buffer.from('x'));
  }
});
afterEach(() => world.close());

const filesLeft = async () =>
  (await world.adapters.blobs.artifacts.list(blobKeys.modelPrefix(world.accountId, model.id), { limit: 10 })).blobs
    .length;

test.each([
  ['before', 3, 3],
  ['publishes', 3, 0],
  ['halfway', 2, 0],
])('a deletion whose process is killed leaves all or, after a sweep, nothing: %s', async (moment, left, swept) => {
  const script = join(import.meta.dirname, 'dying-deleter.ts');
  const of = [world.dir, world.accountId, model.id, String(world.clock.now), moment];
  const child = spawn(process.execPath, ['--no-warnings', script, ...of], { stdio: 'inherit' });
  expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
  expect(await filesLeft()).toBe(left);

  world.clock.now += 60_000;
  await makeHandler(world.adapters, { logger: silent, settings: { waitingSeconds: 600 } })();
  expect(await filesLeft()).toBe(swept);
  const { table } = world.adapters;
  const gone = swept === 0;
  expect((await findModel(table, world.accountId, model.id)) === undefined).toBe(gone);
  expect((await table.get(keys.modelNumber(world.accountId, model.number))) === undefined).toBe(gone);
  const types = (await world.events()).map((event) => event['detail-type']);
  expect(types.filter((type) => type === 'model.deleted')).toHaveLength(gone ? 1 : 0);
  expect(await world.unpublished()).toEqual([]);
  expect(await table.get(keys.orphans('artifacts', blobKeys.modelPrefix(world.accountId, model.id)))).toBeUndefined();
});
