/** Encoders that are uploaded file by file, each of its account alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAccount } from '#domain/accounts/change.ts';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import { NOW } from '#test/domain/store.ts';
import { smallEncoder } from '#test/training/small-encoder.ts';
import { type Answer, type Call, openPlatform, type Platform } from '../platform/harness.ts';

let platform: Platform;
let token: string;
let operator: string;
let other: string;
/** Of the model of a test. */
let name: string;
let count = 0;

beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  operator = (await platform.call({ path: '/auth/me', token })).body.id;
  other = newId(NOW);
  const names = { username: 'mallory', email: 'mallory@example.com', full_name: 'M', password_hash: '-' };
  await createAccount(platform.store.table, { id: other, ...names, created_at: isoTime(NOW) });
});
afterAll(() => platform.close());
beforeEach(() => {
  name = `bert-${count++}`;
});

const call = (of: Omit<Call, 'surface'>): Promise<Answer> => platform.call({ surface: 'training', operator, ...of });
const put = (file: string, raw: Uint8Array | string, range?: string, by = operator) =>
  call({
    ...{ method: 'PUT', path: `/model-loading/uploads/${name}/${file}`, raw, operator: by },
    headers: { 'content-type': 'application/octet-stream', ...(range === undefined ? {} : { 'content-range': range }) },
  });
const errorOf = ({ status, body }: Answer) => [status, body.code, body.error];
const train = (by = operator) =>
  call({ method: 'POST', path: '/train', json: { model_name: `uploads/${name}` }, operator: by });
const FILES = smallEncoder();
const WEIGHTS = FILES.get('model.safetensors')!;
const whole = async () => {
  for (const [file, bytes] of FILES) expect((await put(file, bytes)).status).toBe(200);
};

describe('an uploaded encoder', () => {
  test('is loaded when its last file is there, and can be trained then', async () => {
    expect(errorOf(await train())).toEqual([
      404,
      'MODEL_NOT_FOUND',
      `Model uploads/${name} not found; config.json, tokenizer.json or spm.model, model.safetensors or pytorch_model.bin must be uploaded with PUT /model-loading/uploads/${name}/FILE`,
    ]);
    const first = await put('config.json', FILES.get('config.json')!);
    expect(first.body).toMatchObject({
      ...{ model_name: `uploads/${name}`, file: 'config.json', status: 'loading' },
      missing: ['tokenizer.json or spm.model', 'model.safetensors or pytorch_model.bin'],
    });
    await put('tokenizer.json', FILES.get('tokenizer.json')!);
    expect((await put('model.safetensors', WEIGHTS)).body).toMatchObject({ status: 'loaded', missing: [] });
    const status = (await call({ path: '/model-loading/status' })).body;
    expect(status.models[`uploads/${name}`]).toEqual({ status: 'loaded', progress: 100, source: 'an upload' });
    expect(status.total_models).toBe(Object.keys(status.models).length);
    const started = await train();
    expect(started.body).toMatchObject({ model_name: `uploads/${name}` });
    const job = await call({ path: `/jobs/${started.body.job_id}` });
    expect(job.body).toMatchObject({ status: 'queued' });
    expect(job.body.stage).toBeUndefined();
    await call({ method: 'POST', path: `/jobs/${started.body.job_id}/stop` });
  });

  test('comes in parts, one after another, of which one that comes again is known by its place', async () => {
    const [half, size] = [Math.floor(WEIGHTS.length / 2), WEIGHTS.length];
    const part = (start: number, end: number) =>
      put('model.safetensors', WEIGHTS.subarray(start, end), `bytes ${start}-${end - 1}/${size}`);
    expect((await part(0, half)).body).toMatchObject({ received: half, size, status: 'loading' });
    expect(errorOf(await part(half + 1, size))).toEqual([
      ...[400, 'VALIDATION_ERROR'],
      `Invalid input data: content-range must begin at byte ${half}, the next of model.safetensors; got ${half + 1}`,
    ]);
    expect((await part(half, size)).body).toMatchObject({ received: size });
    await put('tokenizer.json', FILES.get('tokenizer.json')!);
    expect((await put('config.json', FILES.get('config.json')!)).body.status).toBe('loaded');
  });

  test('that is complete stays as it is, until it is deleted', async () => {
    await whole();
    expect(errorOf(await put('config.json', FILES.get('config.json')!)).slice(0, 2)).toEqual([409, 'CONFLICT']);
    const remove = () => call({ method: 'DELETE', path: `/model-loading/uploads/${name}` });
    expect((await remove()).body).toEqual({ message: `Model uploads/${name} deleted`, model_name: `uploads/${name}` });
    expect(errorOf(await remove()).slice(0, 2)).toEqual([404, 'MODEL_NOT_FOUND']);
    expect((await put('config.json', FILES.get('config.json')!)).status).toBe(200);
  });

  test('is in the usage of its account while it is there', async () => {
    const usage = async () => (await platform.call({ path: '/account/usage', token })).body.storage;
    const before = await usage();
    await put('model.safetensors', WEIGHTS.subarray(0, 100), `bytes 0-99/${WEIGHTS.length}`);
    expect((await usage()).encoder_bytes - before.encoder_bytes).toBe(100);
    await whole();
    const bytes = Array.from(FILES.values()).reduce((sum, { length }) => sum + length, 0);
    const after = await usage();
    expect(after.encoder_bytes - before.encoder_bytes).toBe(bytes);
    expect(after.total_bytes - before.total_bytes).toBe(bytes);
    await call({ method: 'DELETE', path: `/model-loading/uploads/${name}` });
    expect(await usage()).toEqual(before);
  });

  test('is nobody else’s', async () => {
    await whole();
    expect(errorOf(await train(other)).slice(0, 2)).toEqual([404, 'MODEL_NOT_FOUND']);
    const theirs = await call({ path: '/model-loading/status', operator: other });
    expect(Object.keys(theirs.body.models)).not.toContain(`uploads/${name}`);
    const query = { model_name: `uploads/${name}` };
    expect((await call({ path: '/model-loading/status', query, operator: other })).status).toBe(404);
    expect((await call({ path: '/model-loading/status', query })).body.models).toHaveProperty([`uploads/${name}`]);
  });

  test('is not asked for at a hub', async () => {
    const json = { model_name: `uploads/${name}` };
    expect(errorOf(await call({ method: 'POST', path: '/model-loading/load-single', json }))[1]).toBe(
      'MODEL_NOT_FOUND',
    );
  });

  test.each([
    ['config.json', '{"model_type":"gpt2"}', /body config.json: model_type must be one of bert, .*; got "gpt2"$/],
    [
      'config.json',
      '{"model_type":"bert","position_embedding_type":"relative_key"}',
      /position_embedding_type is not read with the value "relative_key"; only "absolute" is$/,
    ],
    [
      'config.json',
      '{"model_type":"bert","num_hidden_layers":1000000000}',
      /body config.json: num_hidden_layers must be an integer between 1 and 64; got 1000000000$/,
    ],
    ['config.json', '[]', /body config.json: model_type must be one of/],
    ['config.json', '{', /body must be a config.json: a JSON object$/],
    ['config.json', '', /body must not be empty$/],
    ['evil.py', 'x', /file must be one of config.json, .*; got "evil.py"$/],
    ['..%2Fconfig.json', 'x', /file must be/],
  ])('is refused for %s that is wrong: %#', async (file, raw, message) => {
    expect(errorOf(await put(file, raw))).toEqual([400, 'VALIDATION_ERROR', expect.stringMatching(message)]);
  });

  test.each([
    ['bytes 0-0/9', /must be of the 4 bytes that were sent; got 1$/],
    ['bytes 5-8/7', /must be bytes FIRST-LAST\/SIZE; got bytes 5-8\/7$/],
    ['lines 1-2/3', /must be bytes FIRST-LAST\/SIZE/],
    ['bytes 4-7/8', /must begin at byte 0, the next of vocab.txt; got 4$/],
    ['bytes 0-3/5000000000', /all files must have at most 4294967296 bytes; they have 5000000000$/],
  ])('is refused with a range that is none: %s', async (range, message) => {
    expect(errorOf(await put('vocab.txt', 'abcd', range))).toEqual([
      ...[400, 'VALIDATION_ERROR'],
      expect.stringMatching(message),
    ]);
  });

  test('whose tokenizer is not read, or whose tensors do not fit, is refused with what is wrong', async () => {
    const config = JSON.parse(Buffer.from(FILES.get('config.json')!).toString());
    await put('config.json', JSON.stringify({ ...config, vocab_size: 70_000 }));
    expect(errorOf(await put('tokenizer.json', '{}'))).toEqual([
      ...[400, 'VALIDATION_ERROR'],
      `Invalid input data: body cannot be taken: uploads/${name}: tokenizer.json is no tokenizer: it has no model`,
    ]);
    await put('tokenizer.json', FILES.get('tokenizer.json')!);
    expect(errorOf(await put('model.safetensors', WEIGHTS))).toEqual([
      ...[400, 'VALIDATION_ERROR'],
      expect.stringMatching(/'bert.embeddings.word_embeddings.weight' of the weights must have the shape \[70000, /),
    ]);
    await put('config.json', FILES.get('config.json')!);
    expect((await put('model.safetensors', WEIGHTS)).body).toMatchObject({ status: 'loaded', missing: [] });
  });

  test('whose tokenizer knows tokens without a vector is refused before any training of it', async () => {
    const config = JSON.parse(Buffer.from(FILES.get('config.json')!).toString());
    await put('config.json', JSON.stringify({ ...config, vocab_size: 7 }));
    expect(errorOf(await put('tokenizer.json', FILES.get('tokenizer.json')!))).toEqual([
      ...[400, 'VALIDATION_ERROR'],
      expect.stringMatching(/identifiers of its tokens must be below vocab_size, 7; the largest is \d+$/),
    ]);
  });

  test('has a name without folders', async () => {
    name = '..%2F..%2Fetc';
    expect(errorOf(await put('config.json', '{}'))[2]).toMatch(/name must be 1 to 80 letters/);
  });
});
