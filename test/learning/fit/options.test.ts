import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Monitor } from '#domain/training/record.ts';
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { openSession } from '#engine/run.ts';
import { scalar, toNumbers } from '#engine/tensor.ts';
import { classCounts, classWeights } from '#learning/fit/class-weights.ts';
import { fitLearner, learnerOf } from '#learning/fit/fit.ts';
import { moreOf } from '#learning/fit/judge.ts';
import { scheduleOf, withOptions } from '#learning/fit/options.ts';
import { rateOfLosses } from '#learning/fit/range-test.ts';
import { families } from '#zoo/registry.ts';
import { mlp, prepared } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

/** A fit of penguins with these hyperparameters, and what the options made of them. */
async function fitted(hyperparameters: object, options: { target?: string; family?: string; monitor?: Monitor } = {}) {
  const { target = 'species', family: name = 'mlp', monitor = 'val_loss' } = options;
  const family = families[name]!;
  const made = await prepared(PENGUINS, { target });
  const h = family.hyperparameters.parse(hyperparameters);
  const { preparation, data } = made;
  const learner = learnerOf({ family, hyperparameters: h, preparation });
  const settled = await withOptions(learner, { hyperparameters: h, preparation, data });
  const fit = await fitLearner({
    ...settled,
    ...{ preparation, data },
    more: moreOf(preparation.task, monitor),
    earlyStopping: { enabled: true, patience: 1000, monitor },
    now: () => 0,
    report: async () => true,
  });
  return { ...made, ...settled, fit: fit! };
}

/** The schedule's factor at each step, counted from 1. */
async function factors(hyperparameters: object, stepsPerEpoch: number, steps: readonly number[]): Promise<number[]> {
  const schedule = scheduleOf(mlp.hyperparameters.parse(hyperparameters), stepsPerEpoch)!;
  const b = new Builder();
  const step = b.input('step', 'float64', []);
  const bytes = writeModel(new Graph('factor', [step], { factor: schedule(b, step) }), { producer: 'test' });
  await using session = await openSession(bytes);
  const found: number[] = [];
  for (const at of steps) {
    const { factor } = await session.run({ step: scalar('float64', at) });
    found.push(...toNumbers(factor!).map((value) => Number(value.toFixed(4))));
  }
  return found;
}

test('weight decay is by the number of training rows where nobody says it', async () => {
  const weights = async (hyperparameters: object, target?: string) => {
    const { fit } = await fitted({ epochs: 2, ...hyperparameters }, target === undefined ? {} : { target });
    return Array.from(fit.parameters['hidden.0.weight']!.data as Float32Array);
  };
  expect(await weights({})).toEqual(await weights({ weight_decay: 3 / 275 }));
  expect(await weights({})).not.toEqual(await weights({ weight_decay: 0 }));
  const mass = 'body_mass_g';
  expect(await weights({}, mass)).toEqual(await weights({ weight_decay: 10 / 273 }, mass));
});

describe('class weights', () => {
  test('that are balanced are those of scikit-learn: rows / (classes · rows of the class)', async () => {
    const { data, preparation } = await prepared(PENGUINS, { target: 'species' });
    const counts = await classCounts(data.training, 3);
    expect(counts.reduce((a, b) => a + b)).toBe(275);
    const weights = await classWeights('balanced', preparation.classes, data.training);
    expect(weights).toEqual(Array.from(counts, (count) => 275 / (3 * count)));
  });

  test('that are given leave the others at 1, and are refused for what is no class', async () => {
    const { data, preparation } = await prepared(PENGUINS, { target: 'species' });
    expect(await classWeights({ Gentoo: 3 }, preparation.classes, data.training)).toEqual([1, 1, 3]);
    await expect(classWeights({ Emperor: 3 }, preparation.classes, data.training)).rejects.toThrow(
      'class_weight must name classes of the target ("Adelie", "Chinstrap", "Gentoo"); got "Emperor"',
    );
  });

  test('draw the predictions towards a class, and leave the accuracy a share of rows', async () => {
    const h = { epochs: 2, learning_rate: 0.001 };
    const plain = await fitted(h);
    const drawn = await fitted({ ...h, class_weight: { Chinstrap: 50 } });
    expect(drawn.fit.parameters).not.toEqual(plain.fit.parameters);
    for (const value of drawn.fit.history.accuracy!) expect(value).toBeLessThanOrEqual(1);
    // Nearly all rows are taken for the class that counts 50 times.
    expect(drawn.fit.validation!.accuracy).toBeLessThan(0.5);
  });

  test('are refused where there are no classes', async () => {
    await expect(fitted({ class_weight: 'balanced' }, { target: 'body_mass_g' })).rejects.toThrow(
      'class_weight must be left out: the model does not choose between classes',
    );
  });
});

describe('the learning rate', () => {
  test('stays as it is by default', () => {
    expect(scheduleOf(mlp.hyperparameters.parse({}), 10)).toBeUndefined();
  });

  test.each([
    ['constant', { warmup_epochs: 1 }, [0.25, 0.5, 1, 1, 1]],
    ['linear', { epochs: 2 }, [0.8889, 0.7778, 0.5556, 0.4444, 0.1111]],
    ['linear', { epochs: 2, warmup_epochs: 1 }, [0.25, 0.5, 1, 0.8, 0.2]],
    ['cosine', { epochs: 2 }, [0.9698, 0.883, 0.5868, 0.4132, 0.0302]],
    ['step', { lr_step_epochs: 1, lr_step_factor: 0.5 }, [1, 1, 1, 0.5, 0.5]],
  ])('goes %s with %j', async (lr_schedule, more, wanted) => {
    expect(await factors({ lr_schedule, ...more }, 4, [1, 2, 4, 5, 8])).toEqual(wanted);
  });

  test('is found a tenth below where the loss turns', () => {
    const rates = Array.from({ length: 100 }, (_, i) => 1e-6 * 1e6 ** (i / 99));
    const losses = rates.map((rate) => (rate < 1e-2 ? 1 - 50 * rate : 0.5 + 100 * (rate - 1e-2)));
    const found = rateOfLosses(losses);
    expect(found).toBeGreaterThan(5e-4);
    expect(found).toBeLessThan(3e-3);
  });

  test('that was found trains about as well as the default, the same each time', async () => {
    const auto = await fitted({ learning_rate: 'auto', epochs: 30 });
    expect(auto.hyperparameters.learning_rate).toBeGreaterThan(1e-4);
    expect(auto.hyperparameters.learning_rate).toBeLessThan(0.2);
    expect(auto.fit.validation!.accuracy).toBeGreaterThan(0.95);
    const again = await fitted({ learning_rate: 'auto', epochs: 1 });
    expect(again.hyperparameters.learning_rate).toBe(auto.hyperparameters.learning_rate);
  });
});

describe('early stopping', () => {
  test.each([
    ['val_f1_score', 'species', Math.max],
    ['val_roc_auc', 'species', Math.max],
    ['val_expected_calibration_error', 'species', Math.min],
    ['val_mape', 'body_mass_g', Math.min],
    ['rmse', 'body_mass_g', Math.min],
    ['val_r2', 'body_mass_g', Math.max],
  ] as const)('by %s keeps the epoch that is best by it', async (monitor, target, best) => {
    const { fit } = await fitted({ epochs: 8, learning_rate: 0.02 }, { target, monitor });
    const values = fit.history[monitor]!;
    expect(values).toHaveLength(8);
    expect(fit.monitor).toBe(monitor);
    expect(fit.bestEpoch).toBe(values.indexOf(best(...values)) + 1);
  });
});

describe('a linear model', () => {
  test('tells the species of penguins apart, and their mass', async () => {
    expect((await fitted({}, { family: 'linear' })).fit.validation!.accuracy).toBeGreaterThan(0.97);
    expect((await fitted({}, { family: 'linear', target: 'body_mass_g' })).fit.validation!.r2).toBeGreaterThan(0.8);
  });
});
