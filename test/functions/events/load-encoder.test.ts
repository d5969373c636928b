import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { askForEncoder } from '#domain/encoders/change.ts';
import { encoderPrefix } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { readStored } from '#domain/encoders/stored-file.ts';
import { keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { parseSettings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { readLog } from '#domain/training/logs.ts';
import { findJob } from '#domain/training/read.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler } from '#functions/events/load-encoder.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { zipped } from '#test/learning/files/archive.ts';
import { HubServer } from '#test/outgoing/hub-server.ts';
import { largeWeights } from '#test/training/large-weights.ts';
import { smallEncoder } from '#test/training/small-encoder.ts';
import { readDataset } from './reader.ts';
import { batchOf } from './sqs.ts';
import { openWorld, replacing, silent } from './world.ts';

const NAME = 'distilbert-base-uncased';
const REPOSITORY = 'distilbert/distilbert-base-uncased';
const ENCODER = Object.fromEntries(Array.from(smallEncoder(), ([file, bytes]) => [file, Buffer.from(bytes)])) as Record<
  'config.json' | 'tokenizer.json' | 'model.safetensors',
  Buffer
>;
const FILES = { ...ENCODER, 'tf_model.h5': randomBytes(10) };
const BYTES = Object.values(ENCODER).reduce((sum, { length }) => sum + length, 0);
const CONFIG_BYTES = ENCODER['config.json'].length;

let world: Awaited<ReturnType<typeof openWorld>>;
let hub: HubServer;
beforeEach(async () => {
  world = await openWorld();
  hub = await new HubServer({ [REPOSITORY]: FILES, 'distilbert/private': FILES }).start();
});
afterEach(async () => {
  await hub.stop();
  await world.close();
});

interface LoadCall {
  readonly hubUrl?: string;
  readonly encoderFolder?: string;
  readonly settings?: Parameters<typeof parseSettings>[0];
  /** Milliseconds until the function's time limit. */
  readonly remaining?: () => number;
  readonly adapters?: Adapters;
}

const load = (
  message: object,
  { hubUrl = hub.url, encoderFolder, settings, remaining = () => 900_000, adapters = world.adapters }: LoadCall = {},
) =>
  makeHandler(permitted('load-encoder', adapters), {
    logger: silent,
    settings: parseSettings({ hubUrl, ...settings, ...(encoderFolder === undefined ? {} : { encoderFolder }) }),
  })(batchOf([message]), { getRemainingTimeInMillis: remaining });
const ask = () => askForEncoder(world.adapters.table, NAME, 'a hub', isoTime(world.clock.now));
const find = (name: string) => findEncoder(world.adapters.table, keys.encoder(name));
const state = () => find(NAME);
const file = async (name: string) => {
  const found = (await state())!;
  const stored = found.files.find((one) => one.file === name)!;
  return buffer(readStored(world.adapters.blobs.artifacts, encoderPrefix(found), stored));
};
const loads = () => hub.requests.filter(({ path }) => path.startsWith('/cdn')).length;

describe('loading an encoder', () => {
  test('stores its configuration, its tokenizer and its weights, and no others', async () => {
    await ask();
    expect(await load({ encoder: NAME })).toEqual({ batchItemFailures: [] });
    expect(await state()).toMatchObject({ status: 'loaded', loaded_bytes: BYTES, total_bytes: BYTES });
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
    expect(await find(REPOSITORY)).toMatchObject({
      status: 'loaded',
      total_bytes: BYTES,
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
      failure: expect.stringMatching(new RegExp(`^config.json of .* must have ${CONFIG_BYTES} bytes`)),
      failure_code: 'FILE_INCOMPLETE',
    });
    hub.behaviour = {};
    await ask();
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect(await state()).not.toHaveProperty('failure');
    expect(await state()).not.toHaveProperty('failure_code');
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
    expect(await state()).toMatchObject({ status: 'loaded', loaded_bytes: BYTES });
  });

  test('of an unknown one does nothing', async () => {
    await load({ encoder: '../secrets' });
    expect(hub.requests).toEqual([]);
  });

  test('of a repository without weights says so', async () => {
    await using bare = await new HubServer({ [REPOSITORY]: { 'config.json': Buffer.from('{}') } }).start();
    await ask();
    await load({ encoder: NAME }, { hubUrl: bare.url });
    expect((await state())!.failure).toMatch(/must have config.json and one of model.safetensors, pytorch_model.bin/);
  });
});

describe('a repository whose files are not read', () => {
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const CONFIG = JSON.parse(ENCODER['config.json'].toString());
  const TOKENIZER = JSON.parse(ENCODER['tokenizer.json'].toString());
  /** A zip as torch.save makes it, whose pickle would run a command. */
  const CODE = zipped([
    {
      name: 'archive/data.pkl',
      content: Buffer.from('\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.', 'latin1'),
      stored: true,
    },
    { name: 'archive/version', content: '3\n', stored: true },
  ]);

  test.each<[string, Record<string, Buffer | undefined>, string, RegExp, string[]]>([
    [
      'a setting',
      { 'config.json': json({ ...CONFIG, position_embedding_type: 'relative_key' }) },
      'CONFIG_NOT_READ',
      /config\.json: position_embedding_type is not read with the value "relative_key"; only "absolute" is$/,
      ['config.json', 'tokenizer.json'],
    ],
    [
      'an architecture',
      { 'config.json': json({ model_type: 'gpt2' }) },
      'CONFIG_NOT_READ',
      /config\.json: model_type must be one of bert, .*; got "gpt2"$/,
      ['config.json', 'tokenizer.json'],
    ],
    [
      'a tokenizer',
      {
        'tokenizer.json': json({
          ...TOKENIZER,
          normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' },
        }),
      },
      'TOKENIZER_NOT_READ',
      /tokenizer\.json: the pattern "\(a\+\)\+\$" is not read$/,
      ['config.json', 'tokenizer.json'],
    ],
    [
      'tensors of other shapes',
      { 'config.json': json({ ...CONFIG, vocab_size: CONFIG.vocab_size + 1 }) },
      'WEIGHTS_MISFIT',
      /'bert\.embeddings\.word_embeddings\.weight' of the weights must have the shape \[\d+, \d+\]; got \[\d+, \d+\]$/,
      ['config.json', 'tokenizer.json', 'model.safetensors'],
    ],
    [
      'weights that are none',
      { 'model.safetensors': randomBytes(1000) },
      'WEIGHTS_NOT_READ',
      /model\.safetensors cannot be read: /,
      ['config.json', 'tokenizer.json', 'model.safetensors'],
    ],
    [
      'a pickle with code',
      { 'model.safetensors': undefined, 'pytorch_model.bin': CODE },
      'WEIGHTS_NOT_READ',
      /pytorch_model\.bin cannot be read: .*posix\.system/,
      ['config.json', 'tokenizer.json', 'pytorch_model.bin'],
    ],
  ])('for %s fails with a line and a code, before anything more is loaded', async (_, changes, code, line, asked) => {
    const changed = Object.entries({ ...ENCODER, ...changes }).filter(
      (one): one is [string, Buffer] => one[1] !== undefined,
    );
    await using odd = await new HubServer({ [REPOSITORY]: Object.fromEntries(changed) }).start();
    await ask();
    await load({ encoder: NAME }, { hubUrl: odd.url });
    expect(await state()).toMatchObject({ status: 'failed', failure_code: code, failure: expect.stringMatching(line) });
    const loaded = odd.requests.flatMap(({ path }) => (path.startsWith('/cdn') ? [path.split('/').at(-1)] : []));
    expect(loaded).toEqual(asked);
    // Once it is corrected there.
    await ask();
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded', loaded_bytes: BYTES });
  });
});

describe('loading an encoder in parts', () => {
  const LARGE = largeWeights(ENCODER['model.safetensors'], 40 * 2 ** 20);
  const PART = 32 * 2 ** 20;
  beforeEach(async () => {
    await hub.stop();
    hub = await new HubServer({ [REPOSITORY]: { ...FILES, 'model.safetensors': LARGE } }).start();
    await ask();
  });

  test('stores the weights as parts of 32 MiB, and progress by bytes', async () => {
    await load({ encoder: NAME });
    const found = (await state())!;
    expect(found).toMatchObject({ status: 'loaded', loaded_bytes: found.total_bytes, partial: [] });
    const { parts } = found.files.find((one) => one.file === 'model.safetensors')!;
    expect(parts!.reduce((sum, size) => sum + size)).toBe(LARGE.length);
    expect(parts!.slice(0, -1).every((size) => size >= PART && size < PART + 2 ** 20)).toBe(true);
    expect((await file('model.safetensors')).equals(LARGE)).toBe(true);
  });

  test('goes on by another message where the time limit is near, and asks only for the rest', async () => {
    await load({ encoder: NAME }, { remaining: () => 30_000 });
    expect(await state()).toMatchObject({ status: 'loading' });
    expect(await world.sent('encoders')).toEqual([{ encoder: NAME }]);
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect((await file('model.safetensors')).equals(LARGE)).toBe(true);
  });

  test('killed at any write, loads again only what is missing', async () => {
    // Each attempt dies at its third write of the table or the store.
    let attempts = 0;
    for (let killed = true; killed; attempts++) {
      expect(attempts).toBeLessThan(20);
      let writes = 0;
      const unlessKilled = <T>(write: () => Promise<T>): Promise<T> => {
        if (++writes > 3) throw new Error('killed');
        return write();
      };
      const { table, blobs } = world.adapters;
      const adapters = replacing(world.adapters, {
        table: replacing(table, { update: (...of) => unlessKilled(() => table.update(...of)) }),
        blobs: replacing(blobs, {
          artifacts: replacing(blobs.artifacts, { put: (...of) => unlessKilled(() => blobs.artifacts.put(...of)) }),
        }),
      });
      await load({ encoder: NAME }, { adapters });
      killed = (await state())!.status !== 'loaded';
    }
    expect(attempts).toBeGreaterThan(2);
    expect((await file('model.safetensors')).equals(LARGE)).toBe(true);
    expect(hub.requests.some(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1]) >= PART)).toBe(true);
  });

  test('keeps what came before a hub broke off, and asks for the rest when it is asked again', async () => {
    hub.behaviour = { cut: 2 ** 20 };
    await load({ encoder: NAME });
    expect((await state())!.failure).toMatch(
      new RegExp(`^config.json of ${REPOSITORY} must have ${CONFIG_BYTES} bytes; http://127.0.0.1:\\d+ sent 0$`),
    );
    hub.behaviour = { cutFile: 'model.safetensors', cut: 2 ** 20 };
    await ask();
    await load({ encoder: NAME });
    const sent = LARGE.length - 2 ** 20;
    expect((await state())!.failure).toMatch(
      new RegExp(`^model.safetensors of .* must have ${LARGE.length} bytes; .* sent ${sent}$`),
    );
    hub.behaviour = {};
    hub.requests.length = 0;
    await ask();
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect(hub.requests.flatMap(({ path, range }) => (path.startsWith('/cdn') ? [range] : []))).toEqual([
      `bytes=${sent}-`,
    ]);
  });

  test('refuses what has another SHA-256 than the hub says, and begins anew when it is asked again', async () => {
    hub.behaviour = { sha256: 'a'.repeat(64) };
    await load({ encoder: NAME });
    expect((await state())!.failure).toMatch(/^config.json of .* must have the SHA-256 a{64}; got [0-9a-f]{64}$/);
    hub.behaviour = {};
    await ask();
    await load({ encoder: NAME });
    expect(await state()).toMatchObject({ status: 'loaded' });
  });
});

describe('a folder of this machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trainyard-encoders-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    for (const [path, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name, path), bytes);
  };

  test.each([NAME, REPOSITORY])('is looked at first, for %s', async (name) => {
    put(name);
    await ask();
    await load({ encoder: NAME }, { encoderFolder: folder });
    expect(await state()).toMatchObject({ status: 'loaded', source: 'the folder of encoders' });
    expect((await file('model.safetensors')).equals(FILES['model.safetensors'])).toBe(true);
    expect(hub.requests).toEqual([]);
  });

  test('without the encoder leaves it to the hub', async () => {
    await ask();
    await load({ encoder: NAME }, { encoderFolder: folder });
    expect(await state()).toMatchObject({ status: 'loaded', source: expect.stringContaining('127.0.0.1') });
  });

  test('whose files lead out of it is refused, without saying where', async () => {
    put(NAME);
    rmSync(join(folder, NAME, 'model.safetensors'));
    symlinkSync('/etc/hostname', join(folder, NAME, 'model.safetensors'));
    await ask();
    await load({ encoder: NAME }, { encoderFolder: folder });
    expect((await state())!.failure).toBe(
      `${NAME}/model.safetensors of the folder of encoders must not lead out of it`,
    );
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

  test('sends the token of the host for the repositories that its operator lists, and no others', async () => {
    await ask();
    const tokens = () => new Set(hub.requests.map(({ authorization }) => authorization));
    await load({ encoder: NAME }, { settings: { hubToken: 'secret', hubTokenFor: ['other', 'distilbert/other'] } });
    expect(await state()).toMatchObject({ status: 'loaded' });
    expect(tokens()).toEqual(new Set([undefined]));
    await askForEncoder(world.adapters.table, 'distilbert/private', 'a hub', isoTime(world.clock.now));
    await load({ encoder: 'distilbert/private' }, { settings: { hubToken: 'secret', hubTokenFor: ['distilbert'] } });
    expect(tokens()).toContain('Bearer secret');
  });

  test('is refused where the installation has no room for it, before any weights', async () => {
    await ask();
    await load({ encoder: NAME }, { settings: { caps: { storedBytes: BYTES - 1 } } });
    expect(await state()).toMatchObject({
      ...{ status: 'failed', failure_code: 'STORAGE_LIMIT_EXCEEDED', files: [] },
      failure: `This installation may store at most ${BYTES - 1} bytes; it stores 0, and this would add ${BYTES}`,
    });
    expect(loads()).toBe(0);
    await ask();
    await load({ encoder: NAME }, { settings: { caps: { storedBytes: BYTES } } });
    expect(await state()).toMatchObject({ status: 'loaded' });
  });

  test('fails without a hub, with the line that says what could be done', async () => {
    await load(await sent(), { hubUrl: 'http://127.0.0.1:9' });
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

  test.each([
    [
      { status: 401 },
      'HUB does not give distilbert/distilbert-base-uncased to everyone (401): set HF_TOKEN to a token that may read it, and name the repository in --hub-token-for',
      'HUB_UNAUTHORIZED',
    ],
    [{ status: 404 }, 'HUB has no distilbert/distilbert-base-uncased', 'HUB_NOT_FOUND'],
    [
      { status: 429, headers: { 'retry-after': '60' } },
      'HUB answers too many requests (429): ask again in 60 s',
      'HUB_RATE_LIMITED',
    ],
    [{ status: 503 }, 'HUB answered 503 for distilbert/distilbert-base-uncased: ask again later', 'HUB_ERROR'],
    [
      { cut: 7 },
      `config.json of distilbert/distilbert-base-uncased must have ${CONFIG_BYTES} bytes; HUB sent ${CONFIG_BYTES - 7}`,
      'FILE_INCOMPLETE',
    ],
    [{ list: '<html>' }, 'HUB answered no list of files for distilbert/distilbert-base-uncased', 'HUB_ERROR'],
  ])('fails with the line and the code that the hub’s answer %p becomes', async (behaviour, line, code) => {
    hub.behaviour = behaviour;
    await load(await sent());
    expect((await job()).failure!.replaceAll(hub.url, 'HUB')).toBe(
      `distilbert-base-uncased could not be loaded: ${line}`,
    );
    expect([(await state())!.failure_code, (await job()).failure_code]).toEqual([code, code]);
  });

  test('that has ended meanwhile stays as it is', async () => {
    const message = await sent();
    await load(message, { hubUrl: 'http://127.0.0.1:9' });
    const failed = await job();
    await load(message);
    expect(await job()).toEqual(failed);
  });
});
