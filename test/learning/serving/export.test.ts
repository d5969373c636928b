import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { decodeModel } from '#engine/onnx/proto.ts';
import { cutFront } from '#engine/onnx/serving/front/cut.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor, toNumbers } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { inputNames, type Serving } from '#learning/serving/description.ts';
import { exportModel } from '#learning/serving/export.ts';
import type { Row } from '#learning/serving/input.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { isMissing } from '#learning/values/missing.ts';
import { type LearnOptions, learned, mlp, resident } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

/** Learns, exports, and answers what the training graph and the exported model say of the same rows. */
async function bothSides(text: string, options: LearnOptions) {
  // Without validation rows the encoded training rows are the file's rows.
  const made = await learned(text, { validationSplit: 0, ...options });
  const { preparation, data, hyperparameters, fitted } = made;
  const network = mlp.network(shapeOf(preparation), hyperparameters);
  const { features } = preparation.encoding.encoder;
  const names = inputNames(features.map(({ name }) => name));
  const serving: Serving = {
    format: 1,
    task: preparation.task,
    target: made.profile.target,
    features: features.map(({ name, type }, i) => ({ name, type, input: names[i]! })),
    classes: [...preparation.classes],
  };
  const meta = { producer: 'test', properties: { serving: JSON.stringify(serving) } };
  const bytes = exportModel(preparation, network, fitted!.parameters, meta);

  await using evaluator = await Evaluator.open(compileEvaluate(objectiveOf(preparation, network)));
  const state = Object.fromEntries(
    Object.entries(fitted!.parameters).map(([name, value]) => [parameterKey(name), value]),
  );
  const { outputs } = await evaluator.run(state, resident(data.training));

  const [header, ...records] = parse(text) as string[][];
  const at = serving.features.map(({ name }) => header!.indexOf(name));
  const rows: Row[] = records.map((record) =>
    serving.features.map(({ type }, j) => {
      const cell = record[at[j]!]!;
      if (isMissing(cell)) return null;
      return type === 'number' ? Number(cell) : cell;
    }),
  );
  await using session = await openSession(bytes);
  const feeds = rowTensors(serving.features, rows);
  const answer = await session.run(feeds);
  // What is loaded to serve it answers the same.
  const cut = cutFront(bytes)!;
  await using served = await openSession(cut.model);
  expect(cut.run(served, feeds)).toEqual(answer);
  return { made, serving, bytes, outputs: expectTensor('outputs', outputs, 'float32'), answer, rows };
}

const softmax = (logits: readonly number[]): number[] => {
  const largest = Math.max(...logits);
  const exps = logits.map((x) => Math.exp(x - largest));
  const total = exps.reduce((sum, x) => sum + x, 0);
  return exps.map((x) => x / total);
};

describe('an exported model on raw rows', () => {
  test('has the temperature in its probabilities, and the threshold in its labels', async () => {
    const two = PENGUINS.split('\n')
      .filter((line) => !line.startsWith('Chinstrap'))
      .join('\n');
    const { made, outputs, rows, serving } = await bothSides(two, {
      target: 'species',
      hyperparameters: { epochs: 1 },
    });
    const network = mlp.network(shapeOf(made.preparation), made.hyperparameters);
    const preparation = { ...made.preparation, calibration: { temperature: 2, threshold: 0.3 } };
    const bytes = exportModel(preparation, network, made.fitted!.parameters, { producer: 'test' });
    await using session = await openSession(bytes);
    const answer = await session.run(rowTensors(serving.features, rows));
    const probabilities = toNumbers(answer.probabilities!);
    const labels = expectTensor('label', answer.label, 'string').data;
    const logits = toNumbers(outputs);
    for (let row = 0; row < rows.length; row++) {
      const [, second] = softmax(logits.slice(2 * row, 2 * row + 2).map((logit) => logit / 2));
      expect(Math.abs(probabilities[2 * row + 1]! - second!)).toBeLessThan(1e-5);
      expect(labels[row]).toBe(serving.classes[Number(probabilities[2 * row + 1]! >= 0.3)]);
    }
    expect(new Set(labels).size).toBe(2);
  });

  test('gives the probabilities of the training graph on encoded rows', async () => {
    const { outputs, answer, serving } = await bothSides(PENGUINS, {
      target: 'species',
      hyperparameters: { epochs: 10, learning_rate: 0.01 },
    });
    const probabilities = toNumbers(answer.probabilities!);
    const labels = expectTensor('label', answer.label, 'string').data;
    const logits = toNumbers(outputs);
    expect(labels).toHaveLength(344);
    for (let row = 0; row < 344; row++) {
      const expected = softmax(logits.slice(row * 3, row * 3 + 3));
      for (const [c, p] of expected.entries()) {
        expect(Math.abs(probabilities[row * 3 + c]! - p)).toBeLessThan(1e-5);
      }
      expect(labels[row]).toBe(serving.classes[expected.indexOf(Math.max(...expected))]);
    }
  });

  test('gives the values of a regression in the target’s unit', async () => {
    const { outputs, answer, made } = await bothSides(PENGUINS, {
      target: 'body_mass_g',
      hyperparameters: { epochs: 5 },
    });
    // Rows whose target is missing were not learned from.
    const kept = (parse(PENGUINS) as string[][]).slice(1).map((record) => record[5] !== 'NA');
    const values = toNumbers(answer.value!).filter((_, row) => kept[row]);
    const { mean, deviation } = made.preparation.scale;
    for (const [row, output] of toNumbers(outputs).entries()) {
      expect(values[row]! / 4000).toBeCloseTo((output * deviation + mean) / 4000, 5);
    }
  });

  test('agrees on every type of column, on missing values and odd names', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => {
      const cells = [['Yes', 'no', 'NO'][i % 3], ['r', 'g', 'b'][i % 3], `2024-01-01T00:00:${10 + (i % 50)}Z`, i * 1e6];
      return [...cells.map((cell, j) => ((i + j) % 7 === 0 ? '' : cell)), i % 2 ? 'x' : 'z'].join(',');
    });
    const { outputs, answer, bytes, serving } = await bothSides(
      `is it?,label,1st time,Größe,class\n${lines.join('\n')}\n`,
      {
        hyperparameters: { epochs: 5 },
        target: 'class',
      },
    );
    const logits = toNumbers(outputs);
    const probabilities = toNumbers(answer.probabilities!);
    for (let row = 0; row < 60; row++) {
      for (const [c, p] of softmax(logits.slice(row * 2, row * 2 + 2)).entries()) {
        expect(Math.abs(probabilities[row * 2 + c]! - p)).toBeLessThan(1e-5);
      }
    }
    expect(serving.features.map(({ input, name }) => [input, name])).toEqual([
      ['is_it_', 'is it?'],
      ['label_2', 'label'],
      ['_1st_time', '1st time'],
      ['Gr_e', 'Größe'],
    ]);
    const { metadataProps } = decodeModel(bytes) as { metadataProps: { key: string; value: string }[] };
    expect(JSON.parse(metadataProps.find(({ key }) => key === 'serving')!.value)).toEqual(serving);
  });

  test('takes a word it never saw for none', async () => {
    const { bytes, serving } = await bothSides('c,n,y\nr,1,a\ng,2,b\nr,3,a\ng,4,b\n', {
      hyperparameters: { epochs: 1 },
    });
    await using session = await openSession(bytes);
    const odd = await session.run(
      rowTensors(serving.features, [
        ['purple', 1],
        ['', 1],
        [null, 1],
        ['r', 1],
        ['g', 1],
      ]),
    );
    const probabilities = toNumbers(odd.probabilities!);
    expect(probabilities.slice(2, 4)).toEqual(probabilities.slice(0, 2));
    expect(probabilities.slice(4, 6)).toEqual(probabilities.slice(0, 2));
    const [none, r, g] = [0, 6, 8].map((at) => probabilities.slice(at, at + 2));
    expect(r).not.toEqual(none);
    expect(g).not.toEqual(none);
  });
});

test('input names are safe and different', () => {
  expect(inputNames(['a b', 'a-b', 'a_b', '', '1', 'value', '数'])).toEqual([
    'a_b',
    'a_b_2',
    'a_b_3',
    '_',
    '_1',
    'value_2',
    '__2',
  ]);
});
