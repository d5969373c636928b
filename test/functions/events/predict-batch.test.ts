import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts/read.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { deleteDataset } from '#domain/datasets/change.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { UnavailableError } from '#domain/errors.ts';
import { deleteModel } from '#domain/models/change.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { dueOrphans } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { createBatch } from '#domain/predictions/create.ts';
import { cancelBatch } from '#domain/predictions/endings.ts';
import { findBatch } from '#domain/predictions/read.ts';
import type { Batch } from '#domain/predictions/record.ts';
import { isoTime } from '#domain/times.ts';
import { findJob } from '#domain/training/read.ts';
import { makeHandler } from '#functions/events/predict-batch.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { type Cell, makePredictor } from '#learning/predictor.ts';
import { runJob } from '#training/run-job.ts';
import { flipBit } from '../../embedded/damage.ts';
import { openTrainerWorld, PENGUINS, type TrainerWorld } from '../../training/world.ts';
import { readDataset } from './reader.ts';
import { batchOf } from './sqs.ts';
import { replacing, silent } from './world.ts';

let world: TrainerWorld;
let model: Model;
let made = 0;
const all: Batch[] = [];
/** A new one for each test. */
let batch: Batch;

beforeAll(async () => {
  world = await openTrainerWorld();
  const { id, account_id: accountId, attempt } = await world.queue('j', { hyperparameters: { epochs: 3 } });
  await runJob(world.adapters, { accountId, jobId: id, attempt }, { log: () => {} });
  const job = (await findJob(world.adapters.table, accountId, id))!;
  model = (await findModel(world.adapters.table, accountId, job.model_id!))!;
}, 60_000);
afterAll(() => world.close());

beforeEach(async () => {
  batch = await create();
  await world.events();
});

/** Ends those that a test left. */
afterEach(async () => {
  for (const one of all.splice(0)) await cancel(one);
});

async function create(more: Partial<Batch> = {}): Promise<Batch> {
  const created: Batch = {
    id: `b${++made}`,
    account_id: world.accountId,
    model_id: model.id,
    model_name: model.name,
    model_version: model.version,
    dataset_id: 'j-data',
    dataset_name: 'penguins',
    probabilities: false,
    include: [],
    status: 'queued',
    created_at: isoTime(world.clock.now),
    rows: 344,
    rows_done: 0,
    attempts: 0,
    ...more,
  };
  await createBatch(world.adapters.table, created);
  all.push(created);
  return created;
}

async function make(of: Batch, { receives = 1, name = 'message', milliseconds = 900_000, ...given }: Making = {}) {
  const adapters = permitted('predict-batch', given.adapters ?? world.adapters);
  const handler = makeHandler(adapters, { logger: silent, ...(given.closing ? { closing: given.closing } : {}) });
  const message = { account_id: of.account_id, batch_id: of.id };
  return handler(batchOf([message], receives, name), { getRemainingTimeInMillis: () => milliseconds });
}

interface Making {
  readonly receives?: number;
  readonly name?: string;
  readonly milliseconds?: number;
  readonly adapters?: Adapters;
  readonly closing?: AbortSignal;
}

const found = async (of: Batch = batch) => (await findBatch(world.adapters.table, of.account_id, of.id))!;
const fileOf = async ({ account_id, id }: Batch) =>
  text((await world.adapters.blobs.artifacts.get(blobKeys.batchFile(account_id, id))).body);
const hasFile = async ({ account_id, id }: Batch) =>
  (await world.adapters.blobs.artifacts.head(blobKeys.batchFile(account_id, id))) !== undefined;
const inUse = async () => [
  (await findModel(world.adapters.table, world.accountId, model.id))!.in_use,
  (await findDataset(world.adapters.table, world.accountId, 'j-data'))!.in_use,
  (await getAccount(world.adapters.table, world.accountId)).active_batches,
];
const cancel = (of: Batch = batch) => cancelBatch(world.adapters.table, of, isoTime(world.clock.now));

/** An artifacts bucket that cannot be written. */
const withPut = (put: Adapters['blobs']['artifacts']['put']): Adapters => ({
  ...world.adapters,
  blobs: { ...world.adapters.blobs, artifacts: replacing(world.adapters.blobs.artifacts, { put }) },
});

/** A store that takes a file and never answers: its caller is as if killed. */
const hanging: Adapters['blobs']['artifacts']['put'] = async (_, pieces) => {
  for await (const _piece of pieces as AsyncIterable<Uint8Array>);
  return new Promise(() => {});
};

/** The penguins with other lengths of bills; `n` is the row from 1. */
const withLengths = (change: (n: number, length: string) => string): string =>
  PENGUINS.trim()
    .split('\n')
    .map((line, n) =>
      n === 0
        ? line
        : line
            .split(',')
            .with(2, change(n, line.split(',')[2]!))
            .join(','),
    )
    .join('\n');

/** The penguins as a caller of the API writes them. */
const ROWS: readonly (readonly Cell[])[] = PENGUINS.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').slice(1))
  .map((cells) => cells.map((cell, at) => (cell === 'NA' ? null : [1, 2, 3, 4, 6].includes(at) ? Number(cell) : cell)));

describe('a batch prediction', () => {
  test('has a line for each row, with what the API predicts', async () => {
    const wanted = await create({ probabilities: true, include: ['species', 'island'] });
    expect(await make(wanted)).toEqual({ batchItemFailures: [] });
    const [header, ...lines] = (await fileOf(wanted)).trimEnd().split('\r\n');
    expect(header).toBe(
      'row,species,island,class,confidence,probability_Adelie,probability_Chinstrap,probability_Gentoo',
    );
    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const expected = await predictor.predict(model, ROWS, { probabilities: true });
    expect(lines).toHaveLength(344);
    for (const [i, line] of lines.entries()) {
      const one = expected[i] as { class: string; confidence: number; probabilities: Record<string, number> };
      const [row, , island, ...rest] = line.split(',');
      expect([row, island]).toEqual([String(i + 1), ROWS[i]![0]]);
      expect(rest).toEqual([one.class, ...[one.confidence, ...Object.values(one.probabilities)].map(String)]);
    }
  });

  test('is made by the file of 8 bits where that was asked for', async () => {
    const wanted = await create({ variant: 'int8' });
    await make(wanted);
    expect(await found(wanted)).toMatchObject({ status: 'failed', failure: { details: [{ field: 'variant' }] } });
  });

  test('ends with its file counted, its uses released, and an event', async () => {
    expect(await inUse()).toEqual([1, 1, 1]);
    const { table } = world.adapters;
    await expect(deleteModel(table, world.accountId, model.id, world.clock.now)).rejects.toMatchObject({ status: 409 });
    await expect(deleteDataset(table, world.accountId, 'j-data', world.clock.now)).rejects.toMatchObject({
      status: 409,
    });
    const before = (await getAccount(table, world.accountId)).prediction_bytes;
    await make(batch);
    const file = await fileOf(batch);
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(await found()).toMatchObject({ status: 'completed', rows_done: 344, file_size: file.length, sha256 });
    expect(await inUse()).toEqual([0, 0, 0]);
    expect((await getAccount(table, world.accountId)).prediction_bytes - before).toBe(file.length);
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'prediction.batch.completed', detail: { batch_id: batch.id, model_id: model.id, rows: 344 } },
    ]);
    const later = world.clock.now + 100 * 86_400_000;
    expect((await dueOrphans(table, later, 100)).map(({ prefix }) => prefix)).not.toContain(
      blobKeys.batchPrefix(world.accountId, batch.id),
    );
    await make(batch, { receives: 2 });
    expect(await world.events()).toEqual([]);
  });

  test('fails with row and column for a cell that the model does not take', async () => {
    await world.upload(
      'bad',
      withLengths((n) => `long ${n % 5}`),
      { requested_target: 'species' },
    );
    await readDataset(world.adapters, [world.accountId, 'bad']);
    const wanted = await create({ dataset_id: 'bad' });
    await world.events();
    expect(await make(wanted)).toEqual({ batchItemFailures: [] });
    const { status, failure } = await found(wanted);
    expect([status, failure!.details[0]]).toEqual([
      'failed',
      { field: 'row 1, bill_length_mm', message: expect.stringContaining('must be a number') },
    ]);
    expect(await hasFile(wanted)).toBe(false);
    expect(await world.events()).toMatchObject([{ 'detail-type': 'prediction.batch.failed' }]);
  });

  test('fails where the file was changed on its disk since it was written', async () => {
    const content = withLengths((n) => `${n}.25`);
    await world.upload('damaged', content, { requested_target: 'species' });
    await readDataset(world.adapters, [world.accountId, 'damaged']);
    flipBit(world.dir, Buffer.from(content), content.indexOf('25'));
    const wanted = await create({ dataset_id: 'damaged' });
    expect(await make(wanted)).toEqual({ batchItemFailures: [] });
    const { status, failure } = await found(wanted);
    expect([status, failure?.message]).toEqual([
      'failed',
      'The file of dataset damaged is damaged: its bytes are not those that were written. Upload it again, or restore it from a backup',
    ]);
    expect(await hasFile(wanted)).toBe(false);
  });

  test('reads cells by the format of their own file, and one that cannot be read as missing, as a training does', async () => {
    const content = withLengths((n, length) => (n === 1 ? '??' : `"${length.replace('.', ',')}"`));
    await world.upload('comma', content, { requested_target: 'species' });
    await readDataset(world.adapters, [world.accountId, 'comma']);
    const wanted = await create({ dataset_id: 'comma' });
    await make(wanted);
    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const expected = await predictor.predict(model, ROWS.with(0, ROWS[0]!.with(1, null)));
    const lines = (await fileOf(wanted)).trimEnd().split('\r\n').slice(1);
    expect(lines.map((line) => line.split(',')[1])).toEqual(expected.map((one) => ('class' in one ? one.class : '')));
    expect(lines[0]).toContain(String((expected[0] as { confidence: number }).confidence));
  });

  test('that is cancelled while it is made leaves no file', async () => {
    const put = world.adapters.blobs.artifacts.put.bind(world.adapters.blobs.artifacts);
    const adapters = withPut(async (...args) => {
      const info = await put(...args);
      await cancel();
      return info;
    });
    expect(await make(batch, { adapters })).toEqual({ batchItemFailures: [] });
    expect([(await found()).status, await hasFile(batch)]).toEqual(['cancelled', false]);
    expect(await inUse()).toEqual([0, 0, 0]);
  });

  test('notices between two pieces that it was cancelled', async () => {
    const get = world.adapters.blobs.datasets.get.bind(world.adapters.blobs.datasets);
    const datasets = replacing(world.adapters.blobs.datasets, {
      get: async (...args) => {
        const got = await get(...args);
        if (!args[0].endsWith('/data')) return got;
        await cancel();
        world.clock.now += 5000;
        return got;
      },
    });
    const adapters = { ...world.adapters, blobs: { ...world.adapters.blobs, datasets } };
    expect(await make(batch, { adapters })).toEqual({ batchItemFailures: [] });
    expect([(await found()).status, await hasFile(batch)]).toEqual(['cancelled', false]);
  });
});

describe('an attempt', () => {
  test('whose worker was killed is repeated by the same message, and by no other before its lease ends', async () => {
    const killed = withPut(hanging);
    void make(batch, { adapters: killed });
    while ((await found()).status === 'queued') await new Promise((resolve) => setImmediate(resolve));
    await make(batch, { name: 'another' });
    expect(await found()).toMatchObject({ status: 'running', attempts: 1 });
    await make(batch, { receives: 2 });
    expect(await found()).toMatchObject({ status: 'completed', attempts: 2 });
  });

  test('that fails is repeated, and the third one ends it with the reason', async () => {
    const broken = withPut(() => Promise.reject(new TypeError('oops')));
    for (const receives of [1, 2]) {
      expect((await make(batch, { adapters: broken, receives })).batchItemFailures).toHaveLength(1);
      expect(await found()).toMatchObject({ status: 'running', attempts: receives });
    }
    expect(await make(batch, { adapters: broken, receives: 3 })).toEqual({ batchItemFailures: [] });
    expect((await found()).failure!.message).toBe(
      'The predictions could not be made in 3 attempts: the program failed while it made them; its log says why',
    );
    expect(await inUse()).toEqual([0, 0, 0]);
  });

  test('that finds the store unavailable, or the host stopping, does not count', async () => {
    const away = withPut(() => Promise.reject(new UnavailableError('away')));
    expect((await make(batch, { adapters: away })).batchItemFailures).toHaveLength(1);
    expect(await found()).toMatchObject({ status: 'running', attempts: 0 });
    const closing = AbortSignal.abort();
    expect((await make(batch, { closing, receives: 2 })).batchItemFailures).toHaveLength(1);
    expect(await found()).toMatchObject({ status: 'running', attempts: 0 });
  });

  test('that takes too long counts, and says so in the end', async () => {
    for (const receives of [1, 2, 3]) await make(batch, { receives, milliseconds: 10_000 });
    expect((await found()).failure!.message).toMatch(/in 3 attempts: it takes longer than 0 seconds/);
  });
});

describe('the sweep', () => {
  const sweep = () =>
    makeSweep(permitted('sweep', world.adapters), { logger: silent, settings: { waitingSeconds: 21_600 } })();

  test('sends a lost message again, and fails what a worker could not make', async () => {
    await world.sent('predictions');
    await sweep();
    expect(await world.sent('predictions')).toEqual([]);
    world.clock.now += 6 * 60_000;
    await sweep();
    expect(await world.sent('predictions')).toEqual([{ account_id: world.accountId, batch_id: batch.id }]);
    const broken = withPut(hanging);
    for (const attempts of [1, 2, 3]) {
      void make(batch, { adapters: broken, name: `message ${attempts}` });
      while ((await found()).attempts < attempts) await new Promise((resolve) => setImmediate(resolve));
      world.clock.now += 16 * 60_000;
    }
    await sweep();
    expect(await found()).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringMatching(/3 attempts/) },
    });
  });

  test('ends what nothing helps after a day', async () => {
    world.clock.now += 25 * 3_600_000;
    await sweep();
    expect((await found()).failure!.message).toBe('The predictions could not be made within a day');
    expect(await inUse()).toEqual([0, 0, 0]);
  });
});

test('an account has five at once', async () => {
  const more = [];
  for (let n = 0; n < 4; n++) more.push(await create());
  await expect(create()).rejects.toMatchObject({ status: 429 });
  for (const one of [batch, ...more]) await cancel(one);
  await expect(create({ dataset_id: 'gone' })).rejects.toMatchObject({ status: 404 });
  await expect(create({ model_id: 'gone' })).rejects.toMatchObject({ status: 404 });
});
