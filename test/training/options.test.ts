/** Trainings that do more than fit one network: cross-validation, starting from a model, a version of 8 bits. */
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { ConflictError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { openSession } from '#engine/run.ts';
import type { Evaluation } from '#learning/assess/evaluation.ts';
import { readImported } from '#learning/imported/read.ts';
import { makePredictor } from '#learning/predictor.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { type Outcome, type RunOptions, runJob, type TrainerAdapters } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, PENGUINS, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

const find = async (id: string): Promise<Job> => (await findJob(world.adapters.table, world.accountId, id))!;
const run = (job: Job, adapters: TrainerAdapters = world.adapters, more: Partial<RunOptions> = {}): Promise<Outcome> =>
  runJob(
    adapters,
    { accountId: job.account_id, jobId: job.id, attempt: job.attempt, run: (job.run ?? 0) + 1 },
    { log: () => {}, ...more },
  );
const evaluation = async (id: string) =>
  (await world.artifact(blobKeys.jobEvaluation(world.accountId, id))) as Evaluation;
const modelOf = async (id: string): Promise<Model> =>
  (await findModel(world.adapters.table, world.accountId, (await find(id)).model_id!))!;

describe('a cross-validation', () => {
  test('judges each part once, and then the model is trained as without it', async () => {
    const hyperparameters = { epochs: 3 };
    await run(await world.queue('with', { hyperparameters, more: { cv: 4 } }));
    await run(await world.queue('without', { hyperparameters }));
    const { cross_validation: found, metrics } = await evaluation('with');
    expect(found).toMatchObject({ parts: 4, split: 'stratified' });
    const accuracies = found!.scores.map(({ accuracy }) => accuracy!);
    expect(accuracies).toHaveLength(4);
    const mean = accuracies.reduce((sum, one) => sum + one, 0) / 4;
    const std = Math.sqrt(accuracies.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 4);
    expect(found!.metrics.accuracy!.mean).toBeCloseTo(mean, 12);
    expect(found!.metrics.accuracy!.std).toBeCloseTo(std, 12);
    expect(metrics).toEqual((await evaluation('without')).metrics);
    expect((await modelOf('with')).training_config).toMatchObject({ cv: 4 });
  });

  test('at random has parts that the classes have no part in, as the split has', async () => {
    const hyperparameters = { epochs: 1 };
    await run(await world.queue('random', { hyperparameters, more: { cv: 3, split: 'random' } }));
    await run(await world.queue('stratified', { hyperparameters, more: { cv: 3 } }));
    expect((await evaluation('random')).cross_validation).toMatchObject({ parts: 3, split: 'random' });
    const [random, stratified] = [
      (await modelOf('random')).training_config,
      (await modelOf('stratified')).training_config,
    ];
    expect(random.split).toMatchObject({ by: 'random' });
    expect(stratified.split).toMatchObject({ by: 'stratified' });
    const losses = async (id: string) => (await evaluation(id)).metrics.log_loss;
    expect(await losses('random')).not.toBe(await losses('stratified'));
  });

  test('goes on with the next part when its trainer was interrupted, and finds the same', async () => {
    const hyperparameters = { epochs: 3 };
    await run(await world.queue('whole', { hyperparameters, more: { cv: 3 } }));
    const job = await world.queue('parts', { hyperparameters, more: { cv: 3 } });
    const leave = new AbortController();
    const { artifacts } = world.adapters.blobs;
    const written: string[] = [];
    const adapters = {
      ...world.adapters,
      blobs: {
        ...world.adapters.blobs,
        artifacts: replacing(artifacts, {
          put: async (...args: Parameters<typeof artifacts.put>) => {
            written.push(args[0]);
            if (args[0].endsWith('folds.json') && written.filter((key) => key.endsWith('folds.json')).length === 2) {
              leave.abort();
            }
            return artifacts.put(...args);
          },
        }),
      },
    };
    expect(await run(job, adapters, { signal: leave.signal })).toBe('interrupted');
    const read: string[] = [];
    const resumed = {
      ...adapters,
      blobs: {
        ...adapters.blobs,
        artifacts: replacing(artifacts, {
          put: async (...args: Parameters<typeof artifacts.put>) => {
            if (args[0].endsWith('folds.json')) read.push(args[0]);
            return artifacts.put(...args);
          },
        }),
      },
    };
    expect(await run(await find('parts'), resumed)).toBe('completed');
    // Two parts were done: one was left.
    expect(read).toHaveLength(1);
    expect((await evaluation('parts')).cross_validation).toEqual((await evaluation('whole')).cross_validation);
    expect((await artifacts.list('checkpoints/')).blobs).toEqual([]);
  });
});

describe('a training that starts from a model', () => {
  const trained = async (): Promise<Model> => {
    await run(await world.queue('first', { hyperparameters: { epochs: 20 } }));
    return modelOf('first');
  };
  const still = { epochs: 1, learning_rate: 1e-9 };

  test('has its weights, its encoding, and is among its descendants', async () => {
    const { id: parent_id } = await trained();
    // The first half of the rows alone would have other means and words.
    const half = PENGUINS.split('\n').filter((_, i) => i === 0 || i % 2 === 1);
    await run(await world.queue('second', { content: half.join('\n'), hyperparameters: still, more: { parent_id } }));
    const second = await modelOf('second');
    expect(second.parent_id).toBe(parent_id);
    const file = async (of: Model, name: string) =>
      JSON.parse(
        (
          await buffer((await world.adapters.blobs.artifacts.get(blobKeys.modelFile(of.account_id, of.id, name))).body)
        ).toString(),
      );
    const { features } = await file(await modelOf('first'), 'encoder.json');
    expect((await file(second, 'encoder.json')).features).toEqual(features);
    expect(second.performance.accuracy).toBeGreaterThan(0.9);
  });

  test.each([
    [
      'a feature is missing',
      (line: string[]) => line.filter((_, i) => i !== 2),
      /feature "bill_length_mm" must be a number/,
    ],
    [
      'there is one more',
      (line: string[], i: number) => [...line, i === 0 ? 'more' : `${i}`],
      /feature "more" must have the role ignore/,
    ],
  ])('fails naming the first feature that does not fit: %s', async (_, change, message) => {
    const { id: parent_id } = await trained();
    const content = PENGUINS.trim()
      .split('\n')
      .map((line, i) => change(line.split(','), i).join(','))
      .join('\n');
    await run(await world.queue('second', { content, hyperparameters: still, more: { parent_id } }));
    expect(await find('second')).toMatchObject({ status: 'failed', failure: expect.stringMatching(message) });
  });

  test('fails naming the part of a .pth file whose bytes are not those that its checksum says', async () => {
    const { id: parent_id, account_id, artifacts } = await trained();
    const only = artifacts.filter(({ file }) => file === 'model.pth');
    const { artifacts: files } = world.adapters.blobs;
    const key = blobKeys.modelFile(account_id, parent_id, 'model.pth');
    const pth = await buffer((await files.get(key)).body);
    pth[pth.indexOf('archive/data/0') + 200]! ^= 1;
    await files.put(key, pth);
    const set = { artifacts: only.map((one) => ({ ...one })) };
    await world.adapters.table.update(keys.model(account_id, parent_id), { set }, { kind: 'present' });
    await run(await world.queue('second', { hyperparameters: still, more: { parent_id } }));
    expect((await find('second')).failure).toMatch(/cannot be read: "archive\/data\/0" of its zip is damaged/);
  });

  test('fails naming the first tensor that does not fit', async () => {
    const { id: parent_id } = await trained();
    const hyperparameters = { ...still, hidden_layers: [32] };
    await run(await world.queue('second', { hyperparameters, more: { parent_id } }));
    expect((await find('second')).failure).toMatch(
      /must have 'hidden.0.weight' with the shape \[32, \d+\]; got \[64, \d+\]/,
    );
  });
});

describe('a version of 8 bits', () => {
  test('is a file of the model by which it predicts, with what it costs', async () => {
    await run(await world.queue('j', { hyperparameters: { epochs: 10, int8: true } }));
    const { int8, metrics } = await evaluation('j');
    const model = await modelOf('j');
    const sizeOf = (name: string) => model.artifacts.find(({ file }) => file === name)?.size;
    expect(int8).toMatchObject({
      size: sizeOf('model.int8.onnx'),
      float32_size: sizeOf('model.onnx'),
      rows: { of: 'validation', count: 69 },
    });
    expect(int8!.size).toBeLessThan(int8!.float32_size);
    expect(int8!.metrics.accuracy! - int8!.difference.accuracy!).toBeCloseTo(metrics.accuracy!, 10);
    expect(Math.abs(int8!.difference.accuracy!)).toBeLessThan(0.05);
    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const row = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007];
    const [float32] = await predictor.predict(model, [row]);
    const [small] = await predictor.predict(model, [row], { variant: 'int8' });
    expect(small).toMatchObject({ class: 'Gentoo' });
    expect(small).not.toEqual(float32);
  });

  // Features that tell nothing: at 0.5, a rare answer is never given.
  const useless = (target: readonly string[]): string =>
    ['x,y', ...Array.from({ length: 300 }, (_, i) => `${(i * 37) % 101},${target[i % target.length]}`)].join('\n');

  test.each([
    ['of several labels', ['a|b', 'a|c', 'a|d', 'a', 'd'], {}],
    ['of two classes', ['no', 'no', 'no', 'yes'], { threshold: 'f1' }],
  ])('is judged by the thresholds of the model: %s', async (_, cells, more) => {
    const hyperparameters = { epochs: 3, int8: true, ...more };
    await run(await world.queue('j', { content: useless(cells), target: 'y', hyperparameters }));
    const { int8, metrics, multilabel, classification } = await evaluation('j');
    const { thresholds, threshold } = { ...multilabel?.calibration, ...classification?.calibration };
    expect(thresholds ?? [threshold]).toContainEqual(expect.not.closeTo(0.5, 2));
    for (const [name, value] of Object.entries(int8!.metrics)) {
      expect([name, value - int8!.difference[name]!]).toEqual([name, expect.closeTo(metrics[name]!, 10)]);
    }
  });

  test('is scored on the rows for a test as it answers, by its threshold', async () => {
    const content = useless(['no', 'no', 'no', 'yes']);
    const hyperparameters = { epochs: 3, threshold: 'f1' };
    await run(await world.queue('j', { content, target: 'y', hyperparameters, more: { test_split: 0.2 } }));
    const { metrics } = await evaluation('j');
    const { final_metrics, test_performance } = await modelOf('j');
    // Of the more probable class it would be 0.75.
    expect(metrics.accuracy).toBeLessThan(0.7);
    expect(final_metrics.val_accuracy).toBeCloseTo(metrics.accuracy!, 10);
    expect(final_metrics.test_accuracy).toBeLessThan(0.7);
    expect(test_performance!.accuracy).toBe(final_metrics.test_accuracy);
  });

  test.each([
    ['the logits', false],
    ['the temperature that validation rows chose', true],
  ])('has probabilities that are scored on the rows for a test by %s', async (_, calibrate) => {
    await run(await world.queue('j', { hyperparameters: { epochs: 5, calibrate }, more: { test_split: 0.2 } }));
    const { performance, test_performance, final_metrics } = await modelOf('j');
    expect(Object.keys(test_performance!).sort()).toEqual(Object.keys(performance).sort());
    expect(test_performance).toMatchObject({
      ...{ roc_auc_ovr: expect.any(Number), brier_score: expect.any(Number) },
      expected_calibration_error: expect.any(Number),
    });
    const gap = Math.abs(test_performance!.log_loss! - final_metrics.test_loss!);
    if (calibrate) expect(gap).toBeGreaterThan(1e-3);
    else expect(gap).toBeLessThan(1e-6);
  });

  test('is refused of a model that has none', async () => {
    await run(await world.queue('j', { hyperparameters: { epochs: 1 } }));
    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const row = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007];
    const model = await modelOf('j');
    const predicting = async () => predictor.predict(model, [row], { variant: 'int8' });
    await expect(predicting()).rejects.toMatchObject({
      details: [{ field: 'variant', message: 'must be float32: the model was trained without int8' }],
    });
  });
});

test('a file of weights does not predict', async () => {
  await run(await world.queue('j', { hyperparameters: { epochs: 1 } }));
  const model = await modelOf('j');
  const weights = { ...model, artifacts: model.artifacts.filter(({ file }) => file === 'model.pth') };
  const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
  await expect(predictor.predict(weights, [[1]])).rejects.toThrow(ConflictError);
});

test('a model that was trained here can be imported, and answers the same', async () => {
  await run(await world.queue('j', { hyperparameters: { epochs: 5 } }));
  const model = await modelOf('j');
  const key = blobKeys.modelFile(model.account_id, model.id, 'model.onnx');
  const onnx = await buffer((await world.adapters.blobs.artifacts.get(key)).body);
  const { onnx: wrapped, serving } = await readImported(onnx, { target: 'species' });
  expect(serving).toMatchObject({ task: 'classification', classes: ['Adelie', 'Chinstrap', 'Gentoo'] });
  const rows = [['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007]];
  const own = await makePredictor({ artifacts: world.adapters.blobs.artifacts }).describe(model);
  const answers = async (bytes: Uint8Array, { features }: typeof serving) => {
    await using session = await openSession(bytes);
    return await session.run(rowTensors(features, rows));
  };
  expect(await answers(wrapped, serving)).toEqual(await answers(onnx, own));
});

test('a class that a split by time keeps back whole is named, and counts in no gain', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${i % 7},${i < 48 ? ['a', 'b'][i % 2] : 'c'}`);
  const content = `at,x,y\n${rows.join('\n')}\n`;
  await run(await world.queue('j', { content, target: 'y', parsing: { columns: { at: { role: 'time' } } } }));
  const { warnings, naive, metrics } = await evaluation('j');
  expect(metrics.accuracy).toBe(0);
  expect(naive.is_better).toBe(false);
  expect(warnings[0]).toBe(
    'No row to learn from has the class "c": the split put all of them into the rows kept back. The model cannot answer so, and 12 of the 12 rows that it is judged by count as wrong',
  );
});

test('a training that starts from a model of kilograms refuses grams', async () => {
  const content = (unit: string) =>
    `w,y\n${Array.from({ length: 40 }, (_, i) => `${i + 1} ${unit},${i % 2 ? 'a' : 'b'}`).join('\n')}\n`;
  const hyperparameters = { epochs: 1 };
  await run(await world.queue('first', { content: content('kg'), target: 'y', hyperparameters }));
  const more = { parent_id: (await find('first')).model_id! };
  await run(await world.queue('next', { content: content('g'), target: 'y', hyperparameters, more }));
  expect((await find('next')).failure).toBe(
    'To start from another model, the dataset must have "w" in kg, as in the model\'s data; got values in g: write them in the model\'s unit, or without one',
  );
});
