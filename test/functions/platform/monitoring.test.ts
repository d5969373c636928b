/** The log of predictions, feedback and drift, on a real model and a real queue. */
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Model } from '#domain/models/record.ts';
import { dueOrphans } from '#domain/orphans.ts';
import { newPredictionId } from '#domain/prediction-log/ids.ts';
import { logMessageOf } from '#domain/prediction-log/message.ts';
import { removeLogDay } from '#domain/prediction-log/remove.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { makeHandler as makeConsumer } from '#functions/events/log-predictions.ts';
import type { HttpHandler, Log } from '#functions/http/contract.ts';
import { makeHandler } from '#functions/platform/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { flipBit } from '../../embedded/damage.ts';
import { batchOf } from '../events/sqs.ts';
import { silent } from '../events/world.ts';
import { openPlatform, type Platform } from './harness.ts';
import { FILES, penguins } from './penguins.ts';

let platform: Platform;
let token: string;
let model: Model;
let predict: HttpHandler;
let stranger: string;

const DAY_MS = 86_400_000;
const ROW = ['Biscoe', 47.5, 15, 218, 4950, 'female', 2009];

beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 100_000, anonymousPerHour: 1000 } });
  token = await platform.login();
  stranger = await platform.login('mallory');
  model = await penguins(platform, token);
  predict = makeHandler(permitted('platform-predict', platform.store), {
    settings: platform.settings,
    logger: silent,
  });
});
afterAll(() => platform.close());

const ask = async (json: object, of = model) =>
  (await platform.call({ method: 'POST', path: `/models/${of.id}/predict`, token, json }, predict)).body;
const get = async (path: string, query: Record<string, string> = {}, as = token) =>
  platform.call({ path, query, token: as });
const say = (id: string, json: object, as = token) =>
  platform.call({ method: 'POST', path: `/predictions/${id}/feedback`, token: as, json });
const set = (json: object, of = model) => platform.call({ method: 'PATCH', path: `/models/${of.id}`, token, json });

/** What waits in the queue goes into files. */
async function write(caps: Partial<Settings['caps']> = {}, warn: Log['warn'] = () => {}): Promise<number> {
  const { logs } = platform.store.queues;
  const messages = await logs.receive({ max: 10 });
  const logger = { ...silent, warn };
  const consume = makeConsumer(permitted('log-predictions', platform.store), { logger, settings: { caps } });
  const { batchItemFailures } = await consume(batchOf(messages.map(({ body }) => body)));
  expect(batchItemFailures).toEqual([]);
  for (const { receipt } of messages) await logs.acknowledge(receipt);
  return messages.length;
}
const files = async (of = model) => (await get(`/models/${of.id}/predictions`)).body.files;

describe('the log', () => {
  test('is off, and has what is predicted once the model is set to it', async () => {
    expect(await ask({ input: ROW })).toEqual({ predictions: [expect.anything()] });
    expect((await set({ log_days: 5 })).body).toMatchObject({ log_days: 5 });
    const first = await ask({ input: ROW });
    const second = await ask({ inputs: [ROW, ROW] });
    expect(first).toMatchObject({ prediction_id: expect.stringMatching(`^${model.number}-`), logged_rows: 1 });
    expect(second.logged_rows).toBe(2);
    expect(await write()).toBe(2);
    expect(await files()).toMatchObject([{ rows: 3 }]);
    expect((await set({ log_days: null })).body).toMatchObject({ log_days: null });
    expect((await ask({ input: ROW })).prediction_id).toBeUndefined();
    expect((await ask({ input: ROW, log: true })).prediction_id).toBeDefined();
    await write();
  });

  test('has as many rows of a request as there is room for, and no input that is too large', async () => {
    const inputs = new Array(4000).fill(ROW);
    const { logged_rows, predictions } = await ask({ inputs, log: true });
    expect(predictions).toHaveLength(4000);
    expect(logged_rows).toBeGreaterThan(1000);
    expect(logged_rows).toBeLessThan(4000);
    await ask({ input: ROW.with(0, 'Biscoe'.padEnd(LIMITS.predictionLog.inputBytes)), log: true });
    expect(await write()).toBe(2);
  });

  test('lists no file that is recorded and not there yet', async () => {
    await ask({ input: ROW, log: true });
    await write();
    const { file_id } = (await files()).at(-1);
    const { artifacts } = platform.store.blobs;
    const found = async () => (await files()).some((file: { file_id: string }) => file.file_id === file_id);
    expect(await found()).toBe(true);
    const day = isoTime(platform.clock.now).slice(0, 10);
    await artifacts.delete(blobKeys.logFile(model.account_id, model.id, day, file_id));
    expect(await found()).toBe(false);
  });

  test('expires: the sweep deletes its files after the days for which they are stored', async () => {
    const { table } = platform.store;
    const [day] = new Date(platform.clock.now).toISOString().split('T');
    const prefix = blobKeys.logPrefix(model.account_id, model.id, day!);
    const due = async (days: number) =>
      (await dueOrphans(table, platform.clock.now + days * DAY_MS, 100)).some((mark) => mark.prefix === prefix);
    expect([await due(30), await due(32)]).toEqual([false, true]);
  });

  test('is not written for a model that was deleted, and goes with it', async () => {
    const other = await penguins(platform, token, 'others');
    const { prediction_id } = await ask({ input: ROW, log: true }, other);
    await write();
    await say(prediction_id, { truth: 'Gentoo' });
    await ask({ input: ROW, log: true }, other);
    await platform.call({ method: 'DELETE', path: `/models/${other.id}`, token });
    expect(await write()).toBe(1);
    expect((await say(prediction_id, { truth: 'Gentoo' })).status).toBe(404);
    const { blobs } = await platform.store.blobs.artifacts.list(blobKeys.modelPrefix(other.account_id, other.id));
    expect(blobs).toEqual([]);
    const partition = `ACCOUNT#${other.account_id}#PREDICTIONS`;
    const { items } = await platform.store.table.query({ partition, limit: 1000 });
    expect(items.filter((item) => item.sk.includes(other.id))).toEqual([]);
  });
});

describe('the bytes of the log', () => {
  const bytes = async () => (await get('/account/usage')).body.storage.log_bytes;

  test('count until it is deleted with its model', async () => {
    const other = await penguins(platform, token, 'counted');
    const before = await bytes();
    await ask({ input: ROW, log: true }, other);
    await write();
    const [file] = await files(other);
    expect((await bytes()) - before).toBe(file.bytes);
    await platform.call({ method: 'DELETE', path: `/models/${other.id}`, token });
    expect(await bytes()).toBe(before);
  });

  test('no longer count once the sweep has deleted those of a day', async () => {
    const other = await penguins(platform, token, 'expired');
    const before = await bytes();
    await ask({ input: ROW, log: true }, other);
    await write();
    const prefix = blobKeys.logPrefix(other.account_id, other.id, isoTime(platform.clock.now).slice(0, 10));
    const { table } = platform.store;
    for (let times = 0; times < 2; times++) await removeLogDay(table, prefix);
    expect(await bytes()).toBe(before);
  });

  test('are bounded by what the account may store: then nothing is logged, and the log of the function says so', async () => {
    const other = await penguins(platform, token, 'bounded');
    const { total_bytes } = (await get('/account/usage')).body.storage;
    const answered = await ask({ input: ROW, log: true }, other);
    expect(answered.prediction_id).toBeDefined();
    const warnings: unknown[] = [];
    await write({ storedBytesPerAccount: total_bytes + 10 }, (_, ...about) => void warnings.push(...about));
    expect(warnings).toEqual([
      { model_id: other.id, rows: 1, refusal: expect.stringMatching('This account may store at most') },
    ]);
    expect(await files(other)).toEqual([]);
  });
});

describe('feedback', () => {
  test('is taken before the prediction is in the log, and counts once it is', async () => {
    const { prediction_id, predictions } = await ask({ input: ROW, log: true });
    const truth = predictions[0].class;
    const other = truth === 'Adelie' ? 'Gentoo' : 'Adelie';
    const pending = await say(prediction_id, { truth });
    expect([pending.status, pending.body]).toMatchObject([202, { prediction: null, correct: null }]);
    expect((await get(`/models/${model.id}/feedback`)).body).toMatchObject({ rows: 0, pending: 1, accuracy: null });
    await write();
    expect((await get(`/models/${model.id}/feedback`)).body).toMatchObject({ rows: 1, pending: 0, accuracy: 1 });
    const again = await say(prediction_id, { truth: other, note: 'Seen\nby hand' });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ correct: false, note: 'Seen\nby hand', prediction: { class: truth } });
    expect((await get(`/models/${model.id}/feedback`)).body).toMatchObject({
      ...{ rows: 1, accuracy: 0 },
      classes: [{ class: other, rows: 1, correct: 0 }],
    });
    const later = new Date(platform.clock.now + 1000).toISOString();
    expect((await get(`/models/${model.id}/feedback`, { from: later, to: later })).body).toMatchObject({ rows: 0 });
  });

  test('that came before the prediction was in the log is discarded if it never comes, or lacks the row', async () => {
    const other = await penguins(platform, token, 'discarded');
    const { prediction_id } = await ask({ input: ROW, log: true }, other);
    expect((await say(prediction_id, { row: 1, truth: 'Adelie' })).status).toBe(202);
    const never = newPredictionId(other.number, platform.clock.now);
    expect((await say(never, { truth: 'Adelie' })).status).toBe(202);
    const pending = async () => (await get(`/models/${other.id}/feedback`)).body.pending;
    expect(await pending()).toBe(2);
    await write();
    expect(await pending()).toBe(1);
    platform.clock.now += 15 * 60_000;
    expect(await pending()).toBe(0);
    const partition = `ACCOUNT#${other.account_id}#PREDICTIONS`;
    const { items } = await platform.store.table.query({ partition, prefix: `FEEDBACK#${other.id}#`, limit: 10 });
    expect(items).toEqual([]);
  });

  test.each([null, '', '  '])(
    'that the truth is %j withdraws what was said: the row counts no more',
    async (unknown) => {
      const other = await penguins(platform, token, `withdrawn ${JSON.stringify(unknown)}`);
      const { prediction_id } = await ask({ input: ROW, log: true }, other);
      await write();
      const rows = async () => (await get(`/models/${other.id}/feedback`)).body;
      await say(prediction_id, { truth: 'Gentoo' });
      expect(await rows()).toMatchObject({ rows: 1, classes: [{ class: 'Gentoo' }] });
      const { status, body } = await say(prediction_id, { truth: unknown });
      expect([status, body]).toMatchObject([200, { truth: null, correct: null }]);
      expect(await rows()).toMatchObject({ rows: 0, pending: 0, accuracy: null, classes: [] });
    },
  );

  test('keeps what is left out', async () => {
    const { prediction_id } = await ask({ input: ROW, log: true });
    await write();
    await say(prediction_id, { truth: 'Gentoo' });
    expect((await say(prediction_id, { note: 'x' })).body).toMatchObject({ truth: 'Gentoo', note: 'x' });
    expect((await say(prediction_id, { truth: 'Adelie' })).body).toMatchObject({ truth: 'Adelie', note: 'x' });
  });

  test('on a row that the prediction does not have is a 404 as soon as it is in the log', async () => {
    const { prediction_id } = await ask({ input: ROW, log: true });
    await write();
    expect((await say(prediction_id, { row: 1, truth: 'Adelie' })).status).toBe(404);
  });

  test('of a model of several labels is right where exactly those were predicted', async () => {
    const serving = Buffer.from(
      JSON.stringify({
        ...JSON.parse(FILES['serving.json'].toString()),
        ...{ task: 'multilabel', classes: ['red', 'round', 'a|b'] },
      }),
    );
    const labels = await penguins(platform, token, 'labels', { ...FILES, 'serving.json': serving });
    const now = platform.clock.now;
    const prediction_id = newPredictionId(labels.number, now);
    const outputs = [['round', 'red'], ['a|b'], []].map((of) => ({ class: of.join('|'), confidence: 1, labels: of }));
    const about = {
      account_id: labels.account_id,
      model_id: labels.id,
      prediction_id,
      at: new Date(now).toISOString(),
    };
    await platform.store.queues.logs.send(JSON.stringify(logMessageOf({ ...about, inputs: [], outputs })));
    await write();
    const right = async (row: number, truth: unknown) => (await say(prediction_id, { row, truth })).body.correct;
    expect(await right(0, ['red'])).toBe(false);
    expect(await right(0, 'round;red')).toBe(true);
    expect(await right(0, ['red', 'round', 'red'])).toBe(true);
    expect(await right(1, 'a|b')).toBe(true);
    expect(await right(2, [])).toBe(true);
    expect(await right(2, 'red')).toBe(false);
    expect((await say(prediction_id, { truth: ['red', 'blue'] })).body.details).toMatchObject([
      { field: 'truth', message: 'must be labels of the model, in a list: "red", "round", "a|b"; got "blue"' },
    ]);
    expect((await get(`/models/${labels.id}/feedback`)).body).toMatchObject({ rows: 3, accuracy: 2 / 3 });
  });

  test('on what was not logged, or belongs to another account, is a 404; and bad feedback says what is wrong', async () => {
    const { prediction_id } = await ask({ input: ROW, log: true });
    await write();
    platform.clock.now += 3_600_000;
    token = await platform.login();
    const [number, id] = [prediction_id.split('-')[0], prediction_id.slice(prediction_id.indexOf('-') + 1)];
    const other = id.endsWith('0') ? `${id.slice(0, -1)}1` : `${id.slice(0, -1)}0`;
    for (const gone of [`${number}-${other}`, `999-${id}`, 'x', `${number}-x`]) {
      expect((await say(gone, { truth: 'Adelie' })).status).toBe(404);
    }
    const beyond = await say(prediction_id, { row: 1, truth: 'Adelie' });
    expect([beyond.status, beyond.body.message]).toEqual([404, expect.stringMatching('no row 1 in the log, but 1')]);
    expect(await say(prediction_id, { truth: 'Dodo' })).toMatchObject({
      ...{ status: 400 },
      body: {
        details: [
          { field: 'truth', message: 'must be one of the classes: "Adelie", "Chinstrap", "Gentoo"; got "Dodo"' },
        ],
      },
    });
    const { status, body } = await say(prediction_id, { truth: 'Adelie' }, await platform.login('mallory'));
    expect([status, body.message]).toEqual([404, expect.stringMatching(`^Prediction ${prediction_id} not found`)]);
    const wrong = async (json: object) => (await say(prediction_id, json)).body.details;
    expect(await wrong({})).toEqual([{ field: 'body', message: 'must have truth or note; got neither' }]);
    expect(await wrong({ truth: 'x'.repeat(257) })).toMatchObject([{ field: 'truth' }]);
    expect(await wrong({ truth: 'Adelie', row: -1 })).toMatchObject([
      { field: 'row', message: 'must be between 0 and 9999; got -1' },
    ]);
  });
});

describe('drift', () => {
  test('of a model of an earlier build has no reference, and says so', async () => {
    const { body } = await get(`/models/${model.id}/drift`);
    expect(body).toMatchObject({ drifted: [], thresholds: { moderate: 0.1, significant: 0.25 } });
    expect(body.rows_read).toBeGreaterThan(3);
    expect(body.features).toHaveLength(7);
    expect(body.features[0]).toMatchObject({ name: 'island', status: 'no_reference', psi: null, missing: 0 });
  });

  test('leaves out what is damaged, and says so; feedback on what may be in it is a 409, or waits', async () => {
    const other = await penguins(platform, token, 'damaged');
    const { prediction_id } = await ask({ inputs: [ROW, ROW], log: true }, other);
    expect((await say(prediction_id, { truth: 'Gentoo' })).status).toBe(202);
    await write();
    const [{ file_id }] = await files(other);
    const day = isoTime(platform.clock.now).slice(0, 10);
    const key = blobKeys.logFile(other.account_id, other.id, day, file_id);
    const bytes = await buffer((await platform.store.blobs.artifacts.get(key)).body);
    flipBit(platform.store.dir, bytes);
    await ask({ input: ROW, log: true }, other);
    await write();
    const name = `predictions-${file_id}.jsonl.gz`;
    const { status, body } = await get(`/models/${other.id}/drift`);
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ rows: 3, rows_read: 1 },
        warnings: [
          {
            code: 'damaged_log_files',
            message: `Left out, because their bytes are not those that were written: ${name} of ${day}. Restore them from a backup`,
            count: 1,
            files: [{ day, name }],
          },
        ],
      },
    ]);
    const refused = await say(prediction_id, { truth: 'Adelie' });
    expect([refused.status, refused.body]).toMatchObject([409, { error: 'file_damaged' }]);
    platform.clock.now += 15 * 60_000;
    expect((await get(`/models/${other.id}/feedback`)).body).toMatchObject({ rows: 0, pending: 1 });
    await platform.store.blobs.artifacts.put(key, bytes);
    expect((await get(`/models/${other.id}/feedback`)).body).toMatchObject({ rows: 1, pending: 0 });
    expect((await get(`/models/${other.id}/drift`)).body.warnings).toBeUndefined();
  });

  test('is of whole days, where no times are given', async () => {
    const { status, body } = await get(`/models/${model.id}/drift`, { from: '2020-01-01', to: '2020-01-02' });
    expect([status, body.from, body.to]).toEqual([200, '2020-01-01T00:00:00.000Z', '2020-01-02T23:59:59.999Z']);
    const wrong = await get(`/models/${model.id}/drift`, { from: 'yesterday' });
    expect([wrong.status, wrong.body.details[0].field]).toEqual([400, 'from']);
  });

  test('is of a period that begins before it ends', async () => {
    const period = { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
    const { status, body } = await get(`/models/${model.id}/drift`, period);
    expect([status, body.details[0].field]).toEqual([400, 'from']);
    expect((await get(`/models/${model.id}/drift`, {}, stranger)).status).toBe(401);
  });
});
