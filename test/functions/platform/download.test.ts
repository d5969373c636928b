import { createHash } from 'node:crypto';
import { PassThrough, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { blobKeys } from '#domain/blob-keys.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { keys } from '#domain/keys.ts';
import type { Model } from '#domain/models/record.ts';
import type { StreamingHttpHandler } from '#functions/http/contract.ts';
import { flipBit } from '../../embedded/damage.ts';
import { type Call, makeEvent, openPlatform, type Platform } from './harness.ts';
import { CSV, completed, ready, running, uploaded } from './records.ts';

interface Prelude {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

const preludes = new WeakMap<Writable, Prelude>();

/** The global of Lambda's runtime for functions that stream. */
const runtime = {
  streamifyResponse: (handler: StreamingHttpHandler) => handler,
  HttpResponseStream: {
    from(stream: Writable, prelude: Prelude) {
      preludes.set(stream, prelude);
      return stream;
    },
  },
};

let platform: Platform;
let token: string;
let model: Model;
let handler: StreamingHttpHandler;
const file = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

beforeAll(async () => {
  Object.assign(globalThis, { awslambda: runtime });
  const { makeHandler } = await import('#functions/platform/download.ts');
  platform = await openPlatform({ streamedBytes: 300_000 });
  token = await platform.login();
  handler = makeHandler(platform.store, {
    settings: platform.settings,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  model = await train('My model: "Größe"', file);
});
afterAll(() => platform.close());

async function train(name: string, bytes: Buffer): Promise<Model> {
  const dataset = await ready(platform, await uploaded(platform, token));
  const json = { dataset_id: dataset.id, model_type: 'mlp', name };
  const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
  return completed(platform, await running(platform, dataset.account_id, body.job_id), bytes);
}

const download = (call: Partial<Call>, id = model.id) => fetched({ path: `/models/${id}/download`, ...call });

async function fetched(call: Call) {
  const stream = new PassThrough();
  const event = makeEvent({ token, ...call });
  const context = { awsRequestId: 'x', getRemainingTimeInMillis: () => 60_000 } as Context;
  const [bytes] = await Promise.all([buffer(stream), handler(event, stream, context)]);
  return { ...preludes.get(stream)!, bytes };
}

describe('a download', () => {
  test('streams the file as it was written, with a name for it', async () => {
    const answer = await download({ query: { format: 'onnx' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.bytes.equals(file)).toBe(true);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/octet-stream',
      'Content-Length': '300000',
      'Content-Disposition': 'attachment; filename="My_model_Gr_e_-1.0.0.onnx"',
      ETag: `"${createHash('sha256').update(file).digest('hex')}"`,
      'X-RateLimit-Limit': '1000',
      'X-Content-Type-Options': 'nosniff',
    });
    expect(answer).not.toHaveProperty('isBase64Encoded');
  });

  test('that is too large to stream is a redirect to a presigned URL', async () => {
    const large = await train('large', Buffer.alloc(300_001));
    const answer = await download({}, large.id);
    expect(answer.statusCode).toBe(307);
    expect(answer.headers.Location).toContain('http://127.0.0.1:1/');
    expect(answer.bytes).toHaveLength(0);
  });

  test('answers errors as JSON: unknown format, no token, no such model, another method', async () => {
    const refused = await download({ query: { format: 'h5' } });
    expect(refused.statusCode).toBe(400);
    expect(JSON.parse(refused.bytes.toString()).details).toEqual([
      { field: 'format', message: 'must be "onnx", "pth" or "safetensors"; got "h5"' },
    ]);
    expect((await download({ token: 'x' })).statusCode).toBe(401);
    const other = await download({}, '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55');
    expect([other.statusCode, JSON.parse(other.bytes.toString()).error]).toEqual([404, 'not_found']);
    expect((await download({ method: 'DELETE' })).statusCode).toBe(405);
    expect((await download({ method: 'HEAD' })).bytes).toHaveLength(0);
  });

  test('of a damaged file is refused before its first byte, and so is a range of it', async () => {
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7) % 256));
    const damaged = await train('damaged', bytes);
    flipBit(platform.store.dir, bytes);
    for (const headers of [{}, { range: 'bytes=0-3' }]) {
      const answer = await download({ headers }, damaged.id);
      expect([answer.statusCode, JSON.parse(answer.bytes.toString())]).toEqual([
        409,
        {
          error: 'file_damaged',
          message: `damaged-1.0.0.onnx (Model ${damaged.id}) is damaged: its bytes are not those that were written. Restore it from a backup, or make it anew`,
        },
      ]);
    }
  });

  test('of a large damaged file is broken off, and a range where it is damaged refused', async () => {
    const handlerOfLarge = (await import('#functions/platform/download.ts')).makeHandler(platform.store, {
      settings: { ...platform.settings, streamedBytes: 200_000_000 },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const bytes = Buffer.alloc(5_000_000, 'large');
    const damaged = await train('damaged-large', bytes);
    flipBit(platform.store.dir, bytes, bytes.length - 1);
    const stream = new PassThrough();
    const event = makeEvent({ token, path: `/models/${damaged.id}/download` });
    const context = { awsRequestId: 'x', getRemainingTimeInMillis: () => 60_000 } as Context;
    const [received] = await Promise.allSettled([buffer(stream), handlerOfLarge(event, stream, context)]);
    expect(preludes.get(stream)?.statusCode).toBe(200);
    expect(received.status).toBe('rejected');
    const part = async (range: string) => {
      const stream = new PassThrough();
      const event = makeEvent({ token, path: `/models/${damaged.id}/download`, headers: { range } });
      const [bytes] = await Promise.all([buffer(stream), handlerOfLarge(event, stream, context)]);
      return { ...preludes.get(stream)!, bytes };
    };
    // The last byte is the damaged one.
    const refused = await part('bytes=4999990-4999995');
    expect([refused.statusCode, JSON.parse(refused.bytes.toString()).error]).toEqual([409, 'file_damaged']);
    const sound = await part('bytes=1000000-1000004');
    expect([sound.statusCode, sound.bytes.equals(bytes.subarray(1_000_000, 1_000_005))]).toEqual([206, true]);
  });

  test('of a damaged dataset is refused, too, and its first rows are not shown', async () => {
    const dataset = await ready(platform, await uploaded(platform, token, 'damaged-data'));
    const bytes = Buffer.from('x,y\n1,2\n3,4\n');
    await platform.store.blobs.datasets.put(blobKeys.datasetFile(dataset.account_id, dataset.id), bytes);
    flipBit(platform.store.dir, bytes);
    const answer = await fetched({ path: `/datasets/${dataset.id}/download` });
    expect(answer.statusCode).toBe(409);
    const preview = await platform.call({ token, path: `/datasets/${dataset.id}/preview` });
    expect([preview.status, preview.body]).toMatchObject([
      409,
      {
        error: 'file_damaged',
        message: `The file of dataset ${dataset.id} is damaged: its bytes are not those that were written. Upload it again, or restore it from a backup`,
      },
    ]);
  });

  test('of a model that is deleted meanwhile is not found', async () => {
    const gone = await train('gone', Buffer.from('x'));
    await platform.store.blobs.artifacts.delete(blobKeys.modelFile(gone.account_id, gone.id, 'model.onnx'));
    expect((await download({}, gone.id)).statusCode).toBe(404);
  });
});

describe('a file of a model', () => {
  const artifact = (name: string, call: Partial<Call> = {}, id = model.id) =>
    fetched({ path: `/models/${id}/artifacts/${name}`, ...call });

  test('comes as what it is, and as a download: a script in it is run by no browser', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const { account_id, id } = model;
    await platform.store.blobs.artifacts.put(blobKeys.modelFile(account_id, id, 'plot.svg'), svg);
    const sha256 = createHash('sha256').update(svg).digest('hex');
    const artifacts = [...model.artifacts, { file: 'plot.svg', size: svg.length, sha256 }];
    await platform.store.table.update(keys.model(account_id, id), { set: { artifacts } });
    const answer = await artifact('plot.svg');
    expect(answer.bytes.equals(svg)).toBe(true);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'image/svg+xml',
      'Content-Disposition': 'attachment; filename="My_model_Gr_e_-1.0.0-plot.svg"',
      'Content-Security-Policy': expect.stringContaining("default-src 'none'"),
      'X-Content-Type-Options': 'nosniff',
      ETag: `"${sha256}"`,
    });
    expect((await artifact('plot.svg', { headers: { 'if-none-match': `"${sha256}"` } })).statusCode).toBe(304);
    const part = await artifact('plot.svg', { headers: { range: 'bytes=0-3' } });
    expect([part.statusCode, part.bytes.toString()]).toEqual([206, '<svg']);
  });

  test.each(['model.pth', '..', '%2e%2e%2fhistory.json'])('that it has not is not found: %s', async (name) => {
    const answer = await artifact(name);
    expect(answer.statusCode).toBe(404);
  });

  test('in a format that it has not is not found, and the answer says what there is', async () => {
    const answer = await download({ query: { format: 'safetensors' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.bytes.toString()).toContain('has no model.safetensors; it has model.onnx');
  });
});

describe('a download of a dataset', () => {
  let dataset: Dataset;
  beforeAll(async () => {
    dataset = await uploaded(platform, token);
  });
  const get = (headers: Record<string, string> = {}, call: Partial<Call> = {}) =>
    fetched({ path: `/datasets/${dataset.id}/download`, headers, ...call });

  test('is the bytes that were uploaded, under the name that they had', async () => {
    const answer = await get();
    expect(answer.bytes.toString()).toBe(CSV);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Length': String(CSV.length),
      'Content-Disposition': `attachment; filename="data.csv"; filename*=UTF-8''data.csv`,
      'Accept-Ranges': 'bytes',
      ETag: expect.stringMatching(/^"[^"]+"$/),
    });
  });

  test.each([
    ['bytes=0-3', CSV.slice(0, 4), `bytes 0-3/${CSV.length}`],
    ['bytes=10-', CSV.slice(10), `bytes 10-${CSV.length - 1}/${CSV.length}`],
    ['bytes=-5', CSV.slice(-5), `bytes ${CSV.length - 5}-${CSV.length - 1}/${CSV.length}`],
    ['bytes=20-9999', CSV.slice(20), `bytes 20-${CSV.length - 1}/${CSV.length}`],
  ])('takes the range %s', async (range, bytes, contentRange) => {
    const answer = await get({ range });
    expect([answer.statusCode, answer.bytes.toString()]).toEqual([206, bytes]);
    expect(answer.headers).toMatchObject({ 'Content-Range': contentRange, 'Content-Length': String(bytes.length) });
  });

  test.each(['bytes=0-1,3-4', 'lines=0-1', 'bytes=5-2', 'nonsense'])('ignores the range %j', async (range) => {
    expect((await get({ range })).statusCode).toBe(200);
  });

  test('refuses a range beyond the end, and says how long the file is', async () => {
    const answer = await get({ range: `bytes=${CSV.length}-` });
    expect(answer.statusCode).toBe(416);
    expect(answer.headers['Content-Range']).toBe(`bytes */${CSV.length}`);
    expect(JSON.parse(answer.bytes.toString()).error).toBe('range_not_satisfiable');
  });

  test('sends nothing to who has it, and the whole file to who has an older one', async () => {
    const { ETag } = (await get()).headers as { ETag: string };
    for (const known of [ETag, `W/${ETag}`, `"other", ${ETag}`, '*']) {
      const answer = await get({ 'if-none-match': known });
      expect([answer.statusCode, answer.bytes.length, answer.headers.ETag]).toEqual([304, 0, ETag]);
    }
    expect((await get({ 'if-none-match': '"other"' })).statusCode).toBe(200);
    expect((await get({ range: 'bytes=0-3', 'if-range': ETag })).statusCode).toBe(206);
    expect((await get({ range: 'bytes=0-3', 'if-range': '"other"' })).statusCode).toBe(200);
  });

  test('of another account, or of one that was deleted, is not there', async () => {
    const stranger = await platform.login('mallory');
    expect((await get({}, { token: stranger })).statusCode).toBe(404);
    const gone = await uploaded(platform, token, 'gone');
    await platform.store.blobs.datasets.delete(blobKeys.datasetFile(gone.account_id, gone.id));
    expect((await fetched({ path: `/datasets/${gone.id}/download` })).statusCode).toBe(404);
  });

  test('that is too large to stream is a redirect; a part of it is streamed', async () => {
    const large = await uploaded(platform, token, 'large');
    await platform.store.blobs.datasets.put(
      blobKeys.datasetFile(large.account_id, large.id),
      Buffer.alloc(300_001, 'x'),
    );
    const path = `/datasets/${large.id}/download`;
    const whole = await fetched({ path });
    expect([whole.statusCode, whole.headers.Location]).toEqual([307, expect.stringContaining('http://127.0.0.1:1/')]);
    expect((await fetched({ path, headers: { range: 'bytes=300000-' } })).bytes.toString()).toBe('x');
  });
});
