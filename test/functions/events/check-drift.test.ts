/** The event `model.drift`, on logs of a real model. */
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { unpublishedEvents } from '#domain/events/outbox.ts';
import { deleteModel } from '#domain/models/change.ts';
import type { Model } from '#domain/models/record.ts';
import { newPredictionId } from '#domain/prediction-log/ids.ts';
import { logMessageOf } from '#domain/prediction-log/message.ts';
import { isoTime } from '#domain/times.ts';
import { makeHandler } from '#functions/events/check-drift.ts';
import { makeHandler as makeConsumer } from '#functions/events/log-predictions.ts';
import type { Log } from '#functions/http/contract.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { flipBit } from '../../embedded/damage.ts';
import { openPlatform, type Platform } from '../platform/harness.ts';
import { FILES, penguins } from '../platform/penguins.ts';
import { batchOf } from './sqs.ts';
import { silent } from './world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const REFERENCE = {
  format: 1,
  features: [
    {
      name: 'body_mass_g',
      typical: 4000,
      missing: 0,
      bins: { edges: [4000, 5000], shares: [0.5, 0.3, 0.2] },
    },
    { name: 'island', typical: 'Biscoe', missing: 0, words: [{ value: 'Biscoe', share: 1 }] },
  ],
};

let platform: Platform;
let token: string;
let published: object[];

beforeAll(async () => {
  platform = await openPlatform({ accessTokenSeconds: 40 * 86_400, refreshTokenSeconds: 40 * 86_400 });
  token = await platform.login();
});
afterAll(() => platform.close());

const row = (mass: number, island = 'Biscoe') => [island, 47.5, 15, 218, mass, 'female', 2009];
/** As the reference has them. */
const USUAL = [...new Array(50).fill(row(3000)), ...new Array(30).fill(row(4500)), ...new Array(20).fill(row(6000))];
const ADELIE = { class: 'Adelie', confidence: 0.9 };

/** Logs a request of these rows, each answered the same. */
async function log(of: Model, inputs: (readonly (string | number)[])[], output = ADELIE): Promise<void> {
  const { now } = platform.clock;
  const about = { account_id: of.account_id, model_id: of.id, prediction_id: newPredictionId(of.number, now) };
  const message = logMessageOf({ ...about, at: isoTime(now), inputs, outputs: inputs.map(() => output) });
  await makeConsumer(permitted('log-predictions', platform.store), { logger: silent })(batchOf([message]));
}

/** What a check in so many milliseconds publishes. Default: in five minutes, when any model may be looked at again. */
async function swept(warn: Log['warn'] = () => {}, after = 5 * MINUTE): Promise<object[]> {
  platform.clock.now += after;
  published = [];
  const events = { publish: async (event: object) => void published.push(event) };
  await makeHandler({ ...permitted('check-drift', platform.store), events }, { logger: { ...silent, warn } })();
  return published;
}

const made = (name: string) =>
  penguins(platform, token, name, { ...FILES, 'reference.json': Buffer.from(JSON.stringify(REFERENCE)) });

describe('model.drift', () => {
  test('is not published for rows as the training data have them, or for few', async () => {
    const usual = await made('usual');
    await log(usual, USUAL);
    const few = await made('few');
    await log(few, new Array(99).fill(row(6000)));
    expect(await swept()).toEqual([]);
  });

  test('is published with the features that have drifted, once a day for the same ones', async () => {
    const model = await made('heavy');
    const heavy = new Array(100).fill(row(6000));
    await log(model, heavy);
    const to = platform.clock.now + 5 * MINUTE;
    expect(await swept()).toEqual([
      {
        type: 'model.drift',
        account: model.account_id,
        detail: {
          ...{ event_id: expect.any(String), occurred_at: isoTime(to) },
          ...{ model_id: model.id, number: model.number, model_name: 'heavy', version: '1.0.0', model_type: 'mlp' },
          ...{ from: isoTime(to - DAY), to: isoTime(to), rows: 100, threshold: 0.25 },
          features: [{ name: 'body_mass_g', psi: expect.any(Number) }],
          predictions: [],
        },
      },
    ]);
    const left = [];
    for await (const page of unpublishedEvents(platform.store.table, '9')) left.push(...page);
    expect(left.filter(({ type }) => type === 'model.drift')).toEqual([]);
    expect(await swept()).toEqual([]);
    await log(model, heavy);
    expect(await swept()).toEqual([]);
    await log(model, new Array(300).fill(row(6000, 'Dream')));
    expect(await swept()).toMatchObject([{ detail: { features: [{ name: 'body_mass_g' }, { name: 'island' }] } }]);
    platform.clock.now += DAY;
    await log(model, heavy);
    expect(await swept()).toMatchObject([{ detail: { features: [{ name: 'body_mass_g' }] } }]);
  });

  test('is published within a minute of the first predictions, and every five minutes while they go on', async () => {
    const model = await made('prompt');
    const heavy = new Array(100).fill(row(6000));
    await log(model, heavy);
    expect(await swept(undefined, MINUTE)).toMatchObject([{ detail: { features: [{ name: 'body_mass_g' }] } }]);
    // A file in every minute does not put off the next look.
    const after: number[] = [];
    for (let minute = 1; minute <= 10; minute += 1) {
      await log(model, new Array(100).fill(row(6000, `island ${minute}`)));
      if ((await swept(undefined, MINUTE)).length > 0) after.push(minute);
    }
    expect(after).toEqual([5]);
  });

  test('is published where the model answers otherwise than the day before, whatever its data', async () => {
    const model = await penguins(platform, token, 'answers');
    await log(model, new Array(100).fill(row(4000)));
    expect(await swept()).toEqual([]);
    platform.clock.now += DAY;
    await log(model, new Array(100).fill(row(4000)), { class: 'Gentoo', confidence: 0.9 });
    expect(await swept()).toMatchObject([{ detail: { features: [], predictions: [{ name: 'class' }] } }]);
  });

  test('is published where a file of the log is damaged, without it, and the log of the function says so', async () => {
    const model = await made('damaged-log');
    await log(model, new Array(100).fill(row(4000)));
    const { artifacts } = platform.store.blobs;
    const day = isoTime(platform.clock.now).slice(0, 10);
    const { blobs } = await artifacts.list(blobKeys.logPrefix(model.account_id, model.id, day));
    const bytes = await buffer((await artifacts.get(blobs[0]!.key)).body);
    flipBit(platform.store.dir, bytes);
    await log(model, new Array(100).fill(row(6000)));
    const warnings: unknown[] = [];
    const found = await swept((...of) => void warnings.push(of));
    expect(found).toMatchObject([{ detail: { model_id: model.id, rows: 100, features: [{ name: 'body_mass_g' }] } }]);
    const about = { model_id: model.id, count: 1, id: expect.any(String), day };
    expect(warnings).toEqual([['damaged files of a log left out', about]]);
  });

  test('is not published of a model that was deleted, and one that cannot be read keeps no other from being', async () => {
    const gone = await made('gone');
    await log(gone, new Array(100).fill(row(6000)));
    await deleteModel(platform.store.table, gone.account_id, gone.id, platform.clock.now);
    const damaged = await penguins(platform, token, 'damaged', { ...FILES, 'serving.json': Buffer.from('{') });
    await log(damaged, new Array(100).fill(row(6000)));
    const other = await made('other');
    await log(other, new Array(100).fill(row(6000)));
    expect(await swept()).toMatchObject([{ detail: { model_id: other.id } }]);
    expect(await swept()).toEqual([]);
  });
});
