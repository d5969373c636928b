import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { DamagedFileError, NotFoundError, ValidationError } from '#domain/errors.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { findJob } from '#domain/training/read.ts';
import { type Cell, type ClassPrediction, makePredictor } from '#learning/predictor.ts';
import { runJob } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, type TrainerWorld } from '../training/world.ts';

let world: TrainerWorld;
let model: Model;
let artifacts: Blobs;
beforeAll(async () => {
  world = await openTrainerWorld();
  const { id, account_id: accountId, attempt } = await world.queue('j', { hyperparameters: { epochs: 3 } });
  await runJob(world.adapters, { accountId, jobId: id, attempt }, { log: () => {} });
  const job = (await findJob(world.adapters.table, accountId, id))!;
  model = (await findModel(world.adapters.table, accountId, job.model_id!))!;
  artifacts = world.adapters.blobs.artifacts;
});
afterAll(() => world.close());

const ROW = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007] as const;

/** The same model under another id. */
async function copyOf(of: Model, id: string): Promise<Model> {
  for (const { file } of of.artifacts) {
    const { body } = await artifacts.get(blobKeys.modelFile(of.account_id, of.id, file));
    await artifacts.put(blobKeys.modelFile(of.account_id, id, file), await buffer(body));
  }
  return { ...of, id };
}

/** The same files, with a count of how often one was read. */
function counting() {
  const reads: string[] = [];
  const get: Blobs['get'] = (key, range) => {
    reads.push(key.split('/').at(-1)!);
    return artifacts.get(key, range);
  };
  return { reads, blobs: replacing(artifacts, { get }) };
}

describe('a predictor', () => {
  test('explains a prediction by its features, beside a row of typical values', async () => {
    const predictor = makePredictor({ artifacts });
    const [found, other] = await predictor.predict(model, [ROW, ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007]], {
      explain: true,
    });
    const { confidence, explanation } = found as ClassPrediction;
    expect(Object.keys(explanation!.contributions)).toEqual(
      (await predictor.describe(model)).features.map((f) => f.name),
    );
    const sum = Object.values(explanation!.contributions).reduce((total, one) => total + one, explanation!.base);
    expect(sum).toBeCloseTo(confidence, 6);
    expect(Math.max(...Object.values(explanation!.contributions).map(Math.abs))).toBeGreaterThan(0.01);
    expect(other!.explanation!.base).not.toBe(explanation!.base);
    expect((await predictor.predict(model, [ROW]))[0]).toEqual({ class: 'Gentoo', confidence });
    // Models of earlier builds have no reference: the typical row is of missing values.
    const earlier = { ...model, artifacts: model.artifacts.filter(({ file }) => file !== 'reference.json') };
    const [before] = await predictor.predict(earlier, [ROW], { explain: true });
    expect(before!.explanation!.base).not.toBe(explanation!.base);
  });

  test('reads a model once and gives one prediction a row, in their order', async () => {
    const { reads, blobs } = counting();
    const predictor = makePredictor({ artifacts: blobs });
    const adelie = ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007] as const;
    const both = await predictor.predict(model, [ROW, adelie]);
    expect(both).toMatchObject([{ class: 'Gentoo' }, { class: 'Adelie' }]);
    expect(await predictor.predict(model, [adelie])).toEqual([both[1]]);
    expect(reads.sort()).toEqual(['model.onnx', 'serving.json']);
  });

  test('gives each of many calls at once what it gets alone', async () => {
    const predictor = makePredictor({ artifacts });
    const rows = Array.from({ length: 40 }, (_, n) => [
      'Biscoe',
      35 + n / 2,
      13 + n / 8,
      180 + n,
      3000 + 70 * n,
      null,
      2007,
    ]);
    const alone = [];
    for (const row of rows) alone.push(...(await predictor.predict(model, [row])));
    const together = await Promise.all(rows.map((row) => predictor.predict(model, [row])));
    expect(together.flat()).toEqual(alone);
    expect(await predictor.predict(model, rows)).toEqual(alone);
  });

  test('answers every call while models are loaded, dropped and loaded again', async () => {
    const { reads, blobs } = counting();
    const predictor = makePredictor({ artifacts: blobs, maxModels: 2 });
    const models = await Promise.all(Array.from({ length: 5 }, (_, n) => copyOf(model, `copy-${n}`)));
    const [expected] = await makePredictor({ artifacts }).predict(model, [ROW]);
    const client = async (n: number) => {
      for (let call = 0; call < 20; call++) {
        expect(await predictor.predict(models[(n + call) % models.length]!, [ROW])).toEqual([expected]);
      }
    };
    // Fewer than there are models, so that there is always one that nobody uses and that can be dropped.
    await Promise.all(Array.from({ length: 3 }, (_, n) => client(n)));
    expect(reads.length).toBeGreaterThan(2 * models.length);
  });

  test('explains a model of others, of whose data nothing is known, beside what was given or what the rows have', async () => {
    const predictor = makePredictor({ artifacts });
    const copy = await copyOf(model, 'of-others');
    const kept = copy.artifacts.filter(({ file }) => file !== 'reference.json');
    const others = { ...copy, artifacts: [...kept, { file: 'imported.onnx', size: 1, sha256: '-' }] };
    const light = ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007] as const;
    const explained = async (rows: (readonly Cell[])[], reference?: readonly Cell[]) => {
      const found = await predictor.predict(others, rows, { explain: true, ...(reference ? { reference } : {}) });
      return found.map((one) => one.explanation!);
    };
    const [given] = await explained([ROW], light);
    expect(given!.basis).toBe('given');
    expect((await explained([ROW], ROW))[0]!.contributions).toMatchObject({ body_mass_g: 0 });
    const [request] = await explained([ROW, light]);
    const [zeros] = await explained([ROW]);
    expect([request!.basis, zeros!.basis]).toEqual(['request', 'zeros']);
    expect(Object.values(zeros!.contributions as object).every(Number.isFinite)).toBe(true);
    await expect(explained([ROW], [1])).rejects.toMatchObject({ details: [{ field: 'reference' }] });
  });

  test('gives the probabilities of all classes where they are asked for', async () => {
    const predictor = makePredictor({ artifacts });
    const [prediction] = await predictor.predict(model, [ROW], { probabilities: true });
    const { probabilities, ...rest } = prediction as ClassPrediction;
    expect([rest]).toEqual(await predictor.predict(model, [ROW]));
    expect(Object.keys(probabilities!)).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    expect(probabilities![rest.class]).toBe(rest.confidence);
    expect(Object.values(probabilities!).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 5);
  });

  test('takes missing values, and says how sure it is', async () => {
    const [prediction] = await makePredictor({ artifacts }).predict(model, [new Array(7).fill(null)]);
    const { confidence } = prediction as { confidence: number };
    expect(confidence).toBeGreaterThan(1 / 3);
    expect(confidence).toBeLessThanOrEqual(1);
  });

  test('refuses rows that are none of the model’s, and serves the next', async () => {
    const predictor = makePredictor({ artifacts });
    await expect(predictor.predict(model, [[1, 2]])).rejects.toThrow(ValidationError);
    expect(await predictor.predict(model, [ROW])).toHaveLength(1);
  });

  test('answers no row with a number that is none: the row is at fault, by its place', async () => {
    const far = [...ROW.slice(0, 1), 1e308, ...ROW.slice(2)];
    const refused = makePredictor({ artifacts }).predict(model, [ROW, far]);
    await expect(refused).rejects.toMatchObject({
      details: [{ field: 'inputs[1]', message: expect.stringContaining('no finite result') }],
    });
  });

  test('tells what a model takes', async () => {
    const { features, classes } = await makePredictor({ artifacts }).describe(model);
    expect(features.map(({ name }) => name)).toContain('bill_length_mm');
    expect(classes).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
  });

  test('serves a file of an earlier version, whose metadata tell of the job as well', async () => {
    const earlier = { ...model, id: 'earlier', artifacts: [] as Model['artifacts'] };
    for (const [file, fixture] of [
      ['model.onnx', 'with-job.onnx'],
      ['serving.json', 'with-job.serving.json'],
    ] as const) {
      const bytes = readFileSync(new URL(`../fixtures/models/${fixture}`, import.meta.url));
      await artifacts.put(blobKeys.modelFile(earlier.account_id, earlier.id, file), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      earlier.artifacts.push({ file, size: bytes.length, sha256 });
    }
    const rows = [
      ROW,
      ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007],
      ['Dream', 46.5, 17.9, null, 3500, null, 2007],
    ];
    expect(await makePredictor({ artifacts }).predict(earlier, rows)).toEqual([
      { class: 'Gentoo', confidence: expect.closeTo(0.99984, 4) },
      { class: 'Adelie', confidence: expect.closeTo(1, 4) },
      { class: 'Chinstrap', confidence: expect.closeTo(0.99476, 4) },
    ]);
  });

  test('refuses a file that is not the one that was written', async () => {
    const key = blobKeys.modelFile(model.account_id, model.id, 'serving.json');
    const forged = replacing(artifacts, {
      get: async (wanted: string) => artifacts.get(wanted.endsWith('model.onnx') ? key : wanted),
    });
    await expect(makePredictor({ artifacts: forged }).predict(model, [ROW])).rejects.toThrow(DamagedFileError);
  });

  test('does not know a model whose files are gone', async () => {
    const other = { ...model, id: 'another' };
    await expect(makePredictor({ artifacts }).predict(other, [ROW])).rejects.toThrow(NotFoundError);
  });
});
