import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { ValidationError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Model } from '#domain/models/record.ts';
import type { Json } from '#domain/ports/table/port.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { renderPlatformError } from '#functions/http/errors/platform.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { type PredictServices, predict } from '#functions/platform/models/predict.ts';
import type { Serving } from '#learning/serving/description.ts';
import { takesText } from '#learning/text/description.ts';
import { cutShort, flipBit } from '../../embedded/damage.ts';
import { openPlatform, type Platform } from './harness.ts';
import { completed, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let models: Model[];

async function train(name: string, given: Partial<Model>): Promise<Model> {
  const dataset = await ready(platform, await uploaded(platform, token));
  const json = { dataset_id: dataset.id, model_type: 'mlp', name };
  const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
  platform.clock.now += 1000;
  const job = await running(platform, dataset.account_id, body.job_id);
  return completed(platform, job, Buffer.alloc(1_234_567, 'm'), given);
}

beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  models = [
    await train('beta', { performance: { accuracy: 0.7 }, test_performance: { accuracy: 0.6 } }),
    await train('alpha', { performance: { rmse: 3.5 }, task: 'regression' }),
    await train('gamma', { performance: { accuracy: 0.9 }, model_type: 'other' }),
  ];
});
afterAll(() => platform.close());

const list = async (query: Record<string, string>) =>
  (await platform.call({ path: '/models', token, query })).body.models.map(({ name }: { name: string }) => name);

describe('models', () => {
  test('are listed as asked', async () => {
    expect(await list({})).toEqual(['gamma', 'alpha', 'beta']);
    expect(await list({ sort_by: 'accuracy' })).toEqual(['gamma', 'beta', 'alpha']);
    expect(await list({ sort_by: 'name' })).toEqual(['alpha', 'beta', 'gamma']);
    expect(await list({ model_type: 'mlp' })).toEqual(['alpha', 'beta']);
    expect(await list({ limit: '1', page: '3' })).toEqual(['beta']);
    const answer = await platform.call({ path: '/models', token });
    expect(answer.body).toMatchObject({ total: 3, page: 1, limit: 10 });
    expect(answer.body.models[1]).toEqual({
      id: models[1]!.id,
      name: 'alpha',
      model_type: 'mlp',
      accuracy: null,
      created_at: models[1]!.created_at,
      size_mb: 1.235,
    });
  });

  test('show the fields of the specification', async () => {
    const { body } = await platform.call({ path: `/models/${models[0]!.id}`, token });
    expect(body).toEqual({
      id: models[0]!.id,
      name: 'beta',
      model_type: 'mlp',
      architecture: { input_shape: [2], output_classes: 2, parameters: 10 },
      performance: { accuracy: 0.7 },
      test_performance: { accuracy: 0.6 },
      test_accuracy: 0.6,
      training_config: { dataset_id: models[0]!.dataset_id, epochs: 2, batch_size: 32, optimizer: 'adam' },
      created_at: models[0]!.created_at,
      number: 1,
      version: '1.0.0',
      dataset_version: 1,
      warnings: [],
      version_reason: 'first version',
      aliases: [],
      tags: {},
      notes: '',
      task: 'classification',
      target: 'label',
      classes: null,
      features: null,
      job_id: models[0]!.job_id,
      dataset_id: models[0]!.dataset_id,
      log_days: null,
      vault: null,
    });
  });

  test('of images show the columns of a table that are their pixels', async () => {
    const { account_id, id, artifacts } = models[1]!;
    const bytes = Buffer.from(
      JSON.stringify({
        ...{ format: 1, task: 'classification', target: 'digit', kind: 'image', features: [], classes: ['a', 'b'] },
        input: { channels: 1, height: 1, width: 2, values: 'numbers', columns: ['p 0', 'p 1'] },
      }),
    );
    const file = 'serving.json';
    await platform.store.blobs.artifacts.put(blobKeys.modelFile(account_id, id, file), bytes);
    const added = { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    await platform.store.table.update(keys.model(account_id, id), { set: { artifacts: [...artifacts, added] } });
    expect((await platform.call({ path: `/models/${id}`, token })).body.features).toEqual([
      { name: 'p 0', type: 'number', input: 'image' },
      { name: 'p 1', type: 'number', input: 'image' },
    ]);
  });

  test('show their inputs, their classes and their card, as their files have them', async () => {
    const { account_id, id, artifacts } = models[0]!;
    const features = [
      { name: 'bill length [mm]', type: 'number', input: 'bill_length_mm_' },
      { name: 'bill length (mm)', type: 'number', input: 'bill_length_mm__2' },
    ];
    const files = {
      'serving.json': JSON.stringify({
        format: 1,
        task: 'classification',
        target: 'label',
        features,
        classes: ['a', 'b'],
      }),
      'model-card.md': '# Penguins – für alle',
    };
    const added = [];
    for (const [file, text] of Object.entries(files)) {
      const bytes = Buffer.from(text);
      await platform.store.blobs.artifacts.put(blobKeys.modelFile(account_id, id, file), bytes);
      added.push({ file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    }
    await platform.store.table.update(keys.model(account_id, id), { set: { artifacts: [...artifacts, ...added] } });
    const read = () => platform.call({ path: `/models/${id}`, token });
    expect((await read()).body).toMatchObject({ features, classes: ['a', 'b'], target: 'label' });
    const card = await platform.call({ path: `/models/${id}/card`, token });
    expect([card.headers['Content-Type'], card.text]).toEqual(['text/markdown; charset=utf-8', files['model-card.md']]);

    cutShort(platform.store.dir, Buffer.from(files['serving.json']), 20);
    flipBit(platform.store.dir, Buffer.from(files['model-card.md']));
    expect((await read()).body).toMatchObject({ features: null, classes: null, target: 'label' });
    const damaged = await platform.call({ path: `/models/${id}/card`, token });
    expect([damaged.status, damaged.body.error]).toEqual([409, 'file_damaged']);
  });

  test('without a card say what they have', async () => {
    const answer = await platform.call({ path: `/models/${models[1]!.id}/card`, token });
    expect([answer.status, answer.body.message]).toEqual([404, expect.stringContaining('it has model.onnx')]);
  });

  test('are deleted with their files, and do not exist for another account', async () => {
    const { id, account_id } = models[2]!;
    const stranger = await platform.login('mallory');
    expect((await platform.call({ method: 'DELETE', path: `/models/${id}`, token: stranger })).status).toBe(404);
    expect((await platform.call({ path: `/models/${id}`, token: stranger })).status).toBe(404);
    expect((await platform.call({ method: 'DELETE', path: `/models/${id}`, token })).status).toBe(204);
    expect((await platform.call({ path: `/models/${id}`, token })).status).toBe(404);
    expect(await platform.store.blobs.artifacts.head(blobKeys.modelFile(account_id, id, 'model.onnx'))).toBeUndefined();
  });
});

describe('predicting', () => {
  /** Echoes its input, and refuses rows of another width as the real one does. */
  let features: Serving['features'] = [];
  const predictor: PredictServices['predictor'] = {
    async describe() {
      return { format: 1, task: 'classification', target: 'y', classes: ['cat', 'dog'], features };
    },
    async predict(model, rows, options = {}) {
      return rows.map((row, i) => {
        const values = Array.isArray(row) ? row : Object.values(row);
        if (values.length !== (takesText(model) ? 1 : 2))
          throw ValidationError.of(`inputs[${i}]`, `must have 2 values; got ${values.length}`);
        if (typeof values[0] !== 'string') return { value: 1 };
        const probabilities = options.probabilities ? { probabilities: { cat: 0.5, dog: 0.5 } } : {};
        return { class: values[0], confidence: 0.5, ...probabilities };
      });
    },
  };
  let handler: HttpHandler;
  beforeAll(() => {
    const services = makeServices(platform.store, {
      settings: platform.settings,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    handler = makeSurface({ routes: [predict], renderError: renderPlatformError }, { ...services, predictor });
  });
  const ask = (json: unknown, id = models[0]!.id) =>
    platform.call({ method: 'POST', path: `/models/${id}/predict`, token, json }, handler);

  test('gives the probability of each class if asked', async () => {
    expect((await ask({ input: ['cat', 1], probabilities: true })).body).toEqual({
      predictions: [{ class: 'cat', confidence: 0.5, probabilities: { cat: 0.5, dog: 0.5 } }],
    });
    expect((await ask({ inputs: [[1, 2]], probabilities: true })).body).toEqual({ predictions: [{ value: 1 }] });
    expect((await ask({ input: ['cat', 1], probabilities: 'yes' })).status).toBe(400);
  });

  test('answers at once where caller, model and predictor are at hand', async () => {
    const services = makeServices(platform.store, {
      settings: platform.settings,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const served: Serving = { format: 1, task: 'regression', target: 'y', classes: [], features: [] };
    const atHand = { predict: () => [{ value: 1 }], describe: () => served };
    const surface = { routes: [predict], renderError: renderPlatformError };
    const real = makeSurface(surface, { ...services, predictor: atHand });
    const answers: unknown[] = [];
    const noting: HttpHandler = (event, context) => {
      const answer = real(event, context);
      answers.push(answer);
      return answer;
    };
    const call = { method: 'POST', path: `/models/${models[0]!.id}/predict`, token, json: { input: [1, 2] } };
    // The first one verifies the token, and knows no sum of the counter.
    await platform.call(call, noting);
    await platform.call(call, noting);
    expect(answers[1]).not.toBeInstanceOf(Promise);
    expect(answers[1]).toMatchObject({ statusCode: 200, body: '{"predictions":[{"value":1}]}' });
  });

  test('takes one row or several, in order or by name, with null for missing values', async () => {
    expect((await ask({ input: ['cat', null] })).body).toEqual({ predictions: [{ class: 'cat', confidence: 0.5 }] });
    expect((await ask({ inputs: [[1, 2], { a: 'dog', b: true }] })).body).toEqual({
      predictions: [{ value: 1 }, { class: 'dog', confidence: 0.5 }],
    });
  });

  test('says which words the model has not learned from', async () => {
    features = [
      { name: 'a', type: 'category', input: 'a', format: { words: 'text' }, words: ['cat', 'dog'] },
      { name: 'b', type: 'number', input: 'b' },
    ];
    expect((await ask({ inputs: [['cat', 1], [' dog ', 1], { b: 1, a: null }] })).body.warnings).toBeUndefined();
    const { warnings } = (await ask({ inputs: [['cat', 1], ['bird', 1], { b: 1, a: 'fish' }] })).body;
    expect(warnings).toEqual([
      {
        ...{ code: 'unseen_values', feature: 'a', rows: 2 },
        message: expect.stringMatching(/word "bird" of "a", first in row 2/),
      },
    ]);
    // Of models of earlier builds nobody knows.
    features = features.map(({ words, ...feature }) => feature);
    expect((await ask({ input: ['bird', 1] })).body.warnings).toBeUndefined();
    features = [];
  });

  test.each([
    [{}, 'input', /only one of them; got neither/],
    [{ input: [1, 2], inputs: [[1, 2]] }, 'input', /got both/],
    [{ input: [1] }, 'input', /must have 2 values; got 1/],
    [{ inputs: [[1, 2], [1]] }, 'inputs[1]', /must have 2 values; got 1/],
    [{ inputs: [] }, 'inputs', /between 1 and 10000 items; got 0$/],
    [{ inputs: Array.from({ length: 10_001 }, () => [1, 2]) }, 'inputs', /between 1 and 10000 items; got 10001$/],

    [{ inputs: [[1, 2], [1, 2], [1, 2], { a: {} }] }, 'inputs[3].a', /must be a number/],
    [{ input: [1, 2], extra: 1 }, 'extra', /not a known field/],
    [[], 'body', /must be an object; got \[\]/],
  ])('refuses %#', async (json, field, message) => {
    const answer = await ask(json);
    expect(answer.status).toBe(400);
    expect(answer.body.details[0]).toEqual({ field, message: expect.stringMatching(message) });
  });

  test('with a model of texts takes a text alone, in a list, or by its name', async () => {
    const [{ account_id, id }] = models as [Model];
    const of = await platform.store.table.get(keys.model(account_id, id));
    const file = { file: 'text.json', size: 1, sha256: '00' };
    await platform.store.table.put({ ...of!, artifacts: [...(of!.artifacts as Json[]), file] });
    // The predictor gets lists of one text.
    const echo = (text: string) => ({ class: text, confidence: 0.5 });
    expect((await ask({ input: 'a' })).body).toEqual({ predictions: [echo('a')] });
    expect((await ask({ inputs: ['a', ['b'], { text: 'c' }] })).body).toEqual({
      predictions: [echo('a'), echo('b'), echo('c')],
    });
    const answer = await ask({ inputs: ['a', ['b', 'c'], { words: 'd' }, ' ', [1]] });
    expect(answer.body.details.map(({ field }: { field: string }) => field)).toEqual([
      'inputs[1]',
      'inputs[2]',
      'inputs[3]',
      'inputs[4]',
    ]);
    await platform.store.table.put(of!);
  });

  test('refuses `__proto__` at any depth', async () => {
    const raw = '{"inputs": [{"a": "cat", "b": 1}, {"a": "cat", "b": 1, "__proto__": 2}]}';
    const headers = { 'content-type': 'application/json' };
    const path = `/models/${models[0]!.id}/predict`;
    const answer = await platform.call({ method: 'POST', path, token, raw, headers }, handler);
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ field: 'inputs[1].__proto__', message: 'is not a known field' }]);
  });

  test('refuses a row to compare with where nothing is explained', async () => {
    const answer = await ask({ input: ['cat', 1], reference: ['cat', 2] });
    expect([answer.status, answer.body.details]).toEqual([
      400,
      [{ field: 'reference', message: 'must be left out unless explain is true: it is what rows are compared with' }],
    ]);
  });

  test('with a model of another account, or with a GET, is refused', async () => {
    expect((await ask({ input: [1, 2] }, '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55')).status).toBe(404);
    expect((await platform.call({ path: `/models/${models[0]!.id}/predict`, token }, handler)).status).toBe(405);
  });
});
