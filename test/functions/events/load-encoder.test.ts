import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { askForEncoder } from '#domain/encoders/change.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { blobKeys } from '#domain/keys.ts';
import { parseSettings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { readLog } from '#domain/training/logs.ts';
import { findJob } from '#domain/training/read.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler } from '#functions/events/load-encoder.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { HubServer } from '#test/outgoing/hub-server.ts';
import { readDataset } from './reader.ts';
import { batchOf } from './sqs.ts';
import { openWorld, silent } from './world.ts';

const NAME = 'distilbert-base-uncased';
const REPOSITORY = 'distilbert/distilbert-base-uncased';
const FILES = {
  'config.json': Buffer.from('{"model_type":"distilbert"}'),
  'tokenizer.json': Buffer.from('{}'),
  'model.safetensors': randomBytes(100_000),
  'tf_model.h5': randomBytes(10),
};

let world: Awaited<ReturnType<typeof openWorld>>;
let hub: HubServer;
beforeEach(async () => {
  world = await openWorld();
  hub = await new HubServer({ [REPOSITORY]: FILES }).start();
});
afterEach(async () => {
  await hub.stop();
  await world.close();
});

const load = (message: object, hubUrl = hub.url) =>
  makeHandler(permitted('load-encoder', world.adapters), { logger: silent, settings: parseSettings({ hubUrl }) })(
    batchOf([message]),
  );
const ask = () => askForEncoder(world.adapters.table, NAME, 'a hub', isoTime(world.clock.now));
const state = () => findEncoder(world.adapters.table, NAME);
const file = async (name: string) =>
  buffer((await world.adapters.blobs.artifacts.get(blobKeys.encoderFile(NAME, name))).body);
const loads = () => hub.requests.filter(({ path }) => path.startsWith('/cdn')).length;

describe('loading an encoder', () => {
  test('stores its configuration, its tokenizer and its weights, and no others', async () => {
    await ask();
    expect(await load({ encoder: NAME })).toEqual({ batchItemFailures: [] });
    expect(await state()).toMatchObject({ status: 'loaded', loaded_bytes: 100_029, total_bytes: 100_029 });
    expect((await state())!.files.map((one) => one.file)).toEqual([
      'config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    expect((await file('model.safetensors')).equals(FILES['model.safetensors'])).toBe(true);
  });

  test('takes any repository by its name, and refuses one that is too large to be an encoder', async () => {
    await askForEncoder(world.adapters.table, REPOSITORY, 'a hub', isoTime(world.clock.now));
    await load({ encoder: REPOSITORY });
    expect(await findEncoder(world.adapters.table, REPOSITORY)).toMatchObject({
      status: 'loaded',
      total_bytes: 100_029,
    });
    hub.behaviour = { size: 5 * 2 ** 30 };
    await ask();
    await load({ encoder: NAME });
    expect((await state())!.failure).toMatch(/must have at most 4294967296 bytes; the hub has \d+$/);
  });

  test('happens once, however often it is asked for', async () => {
    await ask();
    await load({ encoder: NAME });
    expect(await ask()).toBe(false);
    await load({ encoder: NAME });
    expect(loads()).toBe(3);
  });

  test('fails with one line, and goes on with what is missing when it is asked for again', async () => {
    await ask();
    hub.behaviour = { cut: 5 };
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({
      status: 'failed',
      failure: expect.stringMatching(/^config.json of .* must have 27 bytes/),
    });
    hub.behaviour = {};
    await ask();
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect((await state())!.failure).toBeUndefined();
  });

  test('does not load again what is complete', async () => {
    await ask();
    await load({ encoder: NAME });
    const { table } = world.adapters;
    const key = { pk: `ENCODER#${NAME}`, sk: 'ENCODER' };
    const before = loads();
    await table.update(key, { set: { status: 'loading', files: (await state())!.files.slice(0, 2) } });
    await load({ encoder: NAME });
    expect(loads()).toBe(before + 1);
    expect(await state()).toMatchObject({ status: 'loaded', loaded_bytes: 100_029 });
  });

  test('of an unknown one does nothing', async () => {
    await load({ encoder: '../secrets' });
    expect(hub.requests).toEqual([]);
  });

  test('of a repository without weights says so', async () => {
    await using bare = await new HubServer({ [REPOSITORY]: { 'config.json': Buffer.from('{}') } }).start();
    await ask();
    await load({ encoder: NAME }, bare.url);
    expect((await state())!.failure).toMatch(/must have config.json and one of model.safetensors, pytorch_model.bin/);
  });
});

describe('a job of an encoder that is not loaded', () => {
  const job = async () => (await findJob(world.adapters.table, world.accountId, 'j'))!;
  const dispatch = () =>
    makeDispatch(permitted('dispatch-training', world.adapters), { logger: silent, settings: parseSettings({}) })(
      batchOf([{ account_id: world.accountId, job_id: 'j' }]),
    );
  /** The message that dispatching the job sent. */
  const sent = async () => (await world.sent('encoders'))[0] as object;

  beforeEach(async () => {
    await world.upload('d', 'text,label\na,x\nb,y\n');
    await readDataset(world.adapters, [world.accountId, 'd']);
    await world.queueJob('j', 'd', { kind: 'text', model_type: NAME, awaits_encoder: NAME });
    await dispatch();
  });

  test('has it loaded first, and then begins', async () => {
    expect(world.compute.submitted).toEqual([]);
    await load(await sent());
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect((await job()).awaits_encoder).toBeUndefined();
    await dispatch();
    expect(world.compute.submitted).toMatchObject([{ jobId: 'j', attempt: 1 }]);
  });

  test('fails without a hub, with the line that says what could be done', async () => {
    await load(await sent(), 'http://127.0.0.1:9');
    const failed = await job();
    expect(failed).toMatchObject({
      status: 'failed',
      failure: expect.stringMatching(
        /^distilbert-base-uncased could not be loaded: .* cannot be reached: .* compact-text/,
      ),
    });
    const { lines } = await readLog(world.adapters.table, failed, { limit: 10 });
    expect(lines).toMatchObject([{ level: 'ERROR', message: failed.failure }]);
    expect((await world.events()).map((event) => event['detail-type'])).toContain('training.failed');
  });

  test('that has ended meanwhile stays as it is', async () => {
    const message = await sent();
    await load(message, 'http://127.0.0.1:9');
    const failed = await job();
    await load(message);
    expect(await job()).toEqual(failed);
  });
});
