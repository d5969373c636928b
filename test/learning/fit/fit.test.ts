import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openSession } from '#engine/run.ts';
import { expectTensor, toNumbers } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { learned, mlp, resident } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');
const SPECIES = { target: 'species' };

describe('learning', () => {
  test('the species of penguins with the defaults reaches 97 % on rows not learned from', async () => {
    const { fitted, rows } = await learned(PENGUINS, SPECIES);
    expect(rows).toEqual({ training: 275, validation: 69, test: 0 });
    expect(fitted!.test).toBeUndefined();
    expect(fitted!.validation!.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(Object.keys(fitted!.history)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy']);
    expect(fitted!.history.val_loss).toHaveLength(50);
  });

  test('is judged once more on test rows, which change nothing about it', async () => {
    const options = { ...SPECIES, validationSplit: 0.2, testSplit: 0.1, hyperparameters: { epochs: 10 } };
    const { fitted, rows, data, ...made } = await learned(PENGUINS, options);
    expect(rows).toEqual({ training: 240, validation: 69, test: 35 });
    expect(Object.keys(fitted!.test!)).toEqual(Object.keys(fitted!.validation!));
    expect(fitted!.test!.accuracy).toBeGreaterThan(0.5);
    expect(Object.keys(fitted!.history)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy']);
    const { test: _, ...untested } = data;
    const { fitted: without } = await learned(PENGUINS, options, { data: untested, preparation: made.preparation });
    expect(without!.parameters).toEqual(fitted!.parameters);
  });

  test('the body mass of penguins with the defaults reaches an R² of 0.8', async () => {
    const { fitted } = await learned(PENGUINS, { target: 'body_mass_g' });
    expect(fitted!.validation!.r2).toBeGreaterThanOrEqual(0.8);
    const names = ['loss', 'rmse', 'mae', 'r2'];
    expect(Object.keys(fitted!.history)).toEqual([...names, ...names.map((name) => `val_${name}`)]);
    // The loss is in standard deviations, the errors in grams.
    expect(fitted!.validation!.rmse).toBeGreaterThan(100);
  });

  test('gives the same bits for the same seed, however it is cut into chunks', async () => {
    const options = { ...SPECIES, hyperparameters: { epochs: 3, dropout: 0.3, batch_size: 16 } };
    const { fitted: a } = await learned(PENGUINS, options);
    // A clock that says that every chunk took an hour: one step at a time.
    let hours = 0;
    const { fitted: b } = await learned(PENGUINS, options, {
      now: () => {
        hours += 3_600_000;
        return hours;
      },
    });
    expect(b).toEqual(a);
    const other = { ...options, hyperparameters: { ...options.hyperparameters, seed: 1 } };
    expect((await learned(PENGUINS, other)).fitted!.parameters).not.toEqual(a!.parameters);
  });

  test('keeps the weights of the best epoch, not of the last', async () => {
    const { fitted, preparation, data, hyperparameters } = await learned(PENGUINS, {
      ...SPECIES,
      hyperparameters: { epochs: 12, learning_rate: 0.3, batch_size: 16 },
    });
    const losses = fitted!.history.val_loss!;
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBeLessThan(losses.length - 1);
    expect(fitted!.bestEpoch).toBe(best + 1);
    const network = mlp.network(shapeOf(preparation), hyperparameters);
    await using evaluator = await Evaluator.open(compileEvaluate(objectiveOf(preparation, network)));
    const state = Object.fromEntries(
      Object.entries(fitted!.parameters).map(([name, value]) => [parameterKey(name), value]),
    );
    const { loss, weight } = await evaluator.run(state, resident(data.validation!));
    expect(loss / weight).toBeCloseTo(losses[best]!, 6);
  });

  test('stops early, and runs without validation rows', async () => {
    const hyperparameters = { epochs: 200, learning_rate: 0.1 };
    const { fitted } = await learned(
      PENGUINS,
      { ...SPECIES, hyperparameters },
      { earlyStopping: { enabled: true, patience: 3, monitor: 'val_loss' } },
    );
    expect(fitted!.history.loss!.length).toBe(fitted!.bestEpoch + 3);
    const all = await learned(PENGUINS, { ...SPECIES, validationSplit: 0, hyperparameters: { epochs: 3 } });
    expect(Object.keys(all.fitted!.history)).toEqual(['loss', 'accuracy']);
    expect([all.fitted!.monitor, all.fitted!.validation, all.rows.validation]).toEqual(['loss', undefined, 0]);
  });

  test('says where the loss was no number', async () => {
    const hyperparameters = { optimizer: 'sgd', learning_rate: 1, epochs: 50, batch_size: 8 };
    await expect(learned(PENGUINS, { target: 'body_mass_g', hyperparameters })).rejects.toThrow(
      /^The loss must be a finite number; it was not in epoch \d+, step \d+ of 35, with learning_rate 1/,
    );
  });

  test('ends where it is told to, and reports in between', async () => {
    const fractions: number[] = [];
    const { fitted } = await learned(
      PENGUINS,
      { ...SPECIES, hyperparameters: { epochs: 10 } },
      {
        report: async ({ fraction }) => {
          fractions.push(fraction);
          return fraction < 0.5;
        },
      },
    );
    expect(fitted).toBeUndefined();
    expect(fractions.at(-1)).toBe(0.5);
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  });

  test('ends where it is enough: with the best epoch, or within the first with what was learned', async () => {
    const spec = { ...SPECIES, hyperparameters: { epochs: 10, batch_size: 16 } };
    let asked = 0;
    // A clock that says that every chunk took an hour: one step at a time, of 18 in an epoch.
    const slow = () => 3_600_000 * ++asked;
    const enoughAfter = (times: number) => {
      let left = times;
      return { now: slow, isEnough: () => --left < 0 };
    };
    const { fitted } = await learned(PENGUINS, spec, enoughAfter(2 * 18));
    expect(fitted!.history.loss).toHaveLength(2);
    expect(fitted!.bestEpoch).toBe(2);
    expect(fitted!.validation!.loss).toBeCloseTo(fitted!.history.val_loss![1]!, 6);
    const { fitted: short } = await learned(PENGUINS, spec, enoughAfter(0));
    expect([short!.bestEpoch, short!.history]).toEqual([0, {}]);
    expect(Object.values(short!.validation!).every(Number.isFinite)).toBe(true);
  });

  test('learns from a mixture of types, of which some rows have nothing', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => {
      const sign = i % 2 === 0;
      const cells = [sign ? 'up' : 'down', sign ? 'yes' : 'no', `2024-01-${String((i % 28) + 1).padStart(2, '0')}`, i];
      return [...cells.map((cell, j) => ((i + j) % 11 === 0 ? 'NA' : cell)), sign ? 'x' : 'z'].join(',');
    });
    const { fitted } = await learned(`c,b,t,n,y\n${rows.join('\n')}\n`, {
      hyperparameters: { epochs: 30, learning_rate: 0.01 },
    });
    expect(fitted!.validation!.accuracy).toBe(1);
  });
});

test('a session of the evaluation graph gives one row of logits a row', async () => {
  const { preparation, data, hyperparameters, fitted } = await learned(PENGUINS, {
    ...SPECIES,
    hyperparameters: { epochs: 1 },
  });
  const program = compileEvaluate(objectiveOf(preparation, mlp.network(shapeOf(preparation), hyperparameters)));
  await using session = await openSession(program.bytes);
  const feeds = {
    ...Object.fromEntries(Object.entries(fitted!.parameters).map(([name, t]) => [parameterKey(name), t])),
    ...Object.fromEntries(Object.entries(data.validation!).map(([name, t]) => [`data/${name}`, t])),
  };
  const { outputs } = await session.run(feeds, ['outputs']);
  expect(expectTensor('outputs', outputs, 'float32').shape).toEqual([69, 3]);
  expect(toNumbers(outputs!).every(Number.isFinite)).toBe(true);
});
