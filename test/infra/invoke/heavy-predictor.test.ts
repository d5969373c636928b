import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { parseSettings } from '#domain/settings.ts';
import { findJob } from '#domain/training/read.ts';
import { HeavyPredictor } from '#infra/embedded/invoke/heavy-predictor.ts';
import { type Cell, makePredictor } from '#learning/predictor.ts';
import { embeddedOptions } from '#test/embedded/folder.ts';
import { openTrainerWorld, type TrainerWorld } from '#test/training/world.ts';
import { runJob } from '#training/run-job.ts';

const ROW: readonly Cell[] = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007];

let world: TrainerWorld;
let model: Model;
let predictor: HeavyPredictor;
beforeAll(async () => {
  world = await openTrainerWorld();
  const { id, account_id: accountId, attempt } = await world.queue('j', { hyperparameters: { epochs: 1 } });
  await runJob(world.adapters, { accountId, jobId: id, attempt }, { log: () => {} });
  const job = (await findJob(world.adapters.table, accountId, id))!;
  model = (await findModel(world.adapters.table, accountId, job.model_id!))!;
  predictor = new HeavyPredictor({
    embedded: embeddedOptions(world.dir),
    settings: parseSettings({}),
    log: { file: join(world.dir, 'log') },
  });
}, 60_000);
afterAll(async () => {
  await predictor.close();
  await world.close();
});

test('predicts in its thread what is predicted here', async () => {
  predictor.warm();
  const here = makePredictor({ artifacts: world.adapters.blobs.artifacts });
  const rows = [ROW, ROW.with(1, 39), ROW.with(0, null)];
  for (const options of [{}, { probabilities: true }]) {
    expect(await predictor.predict(model, rows, options)).toEqual(await here.predict(model, rows, options));
  }
});

test('its errors are those that a predictor here would throw', async () => {
  const wrong = predictor.predict(model, [ROW, ROW.with(1, 'long')]);
  await expect(wrong).rejects.toThrow(ValidationError);
  await expect(wrong).rejects.toMatchObject({ details: [{ field: 'inputs[1][1]' }] });
  await expect(predictor.predict({ ...model, id: 'gone' }, [ROW])).rejects.toThrow(NotFoundError);
});
