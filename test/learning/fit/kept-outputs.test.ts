/** What a fit computes of the rows by which it is judged is what the assessment is made of. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { tensorFrom } from '#engine/tensor.ts';
import { outputsOver } from '#learning/assess/outputs.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { keptOutputs, type Outputs, OutputsKeeper } from '#learning/fit/kept-outputs.ts';
import { learned, mlp } from '../tables.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

test.each([0.2, 0])('a fit that keeps back %s of the rows leaves what its network says of them', async (share) => {
  const { fitted, preparation, data, hyperparameters } = await learned(PENGUINS, {
    target: 'species',
    validationSplit: share,
    hyperparameters: { epochs: 2 },
  });
  const { parameters } = fitted!;
  const judged = data.validation ?? data.training;
  const kept = keptOutputs(parameters, judged)!;
  const learner = learnerOf({ family: mlp, hyperparameters, preparation });
  const again: Outputs[] = [];
  // Other parameters, of which nothing is kept.
  for await (const piece of outputsOver({ learner, parameters: { ...parameters } }, judged)) again.push(piece);
  expect(kept).toEqual(again);
  expect(keptOutputs(parameters, { ...judged })).toBeUndefined();
});

describe('outputs are kept', () => {
  const rows = { y: tensorFrom('int32', [3], [0, 1, 0]) };
  const piece = (values: Float32Array, width: number): Outputs => ({
    ...{ values, width, piece: {} },
    truths: new Int32Array(values.length / width),
  });

  test('of all rows, or not at all', () => {
    const parameters = {};
    const keeper = new OutputsKeeper(rows);
    keeper.add(piece(new Float32Array(4), 2));
    keeper.keep(parameters);
    expect(keptOutputs(parameters, rows)).toBeUndefined();
    keeper.add(piece(new Float32Array(2), 2));
    keeper.keep(parameters);
    expect(keptOutputs(parameters, rows)).toHaveLength(2);
  });

  test('as long as they are not too many', () => {
    const parameters = {};
    const keeper = new OutputsKeeper(rows);
    const width = 2 ** 23;
    for (let row = 0; row < 3; row++) keeper.add(piece(new Float32Array(width), width));
    keeper.keep(parameters);
    expect(keptOutputs(parameters, rows)).toBeUndefined();
  });
});
