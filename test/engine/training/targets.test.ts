import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { shardedBatches, shardMemory } from '#engine/shards/batches.ts';
import { rowTypes, ShardError } from '#engine/shards/format.ts';
import { openShards } from '#engine/shards/read.ts';
import { ShardWriter } from '#engine/shards/write.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import { binaryCrossEntropy, crossEntropy, squaredError } from '#engine/training/loss.ts';
import { initialState } from '#engine/training/state.ts';
import { compileEvaluate, compileGradients, compileTrain } from '#engine/training/step.ts';
import { expectTargets } from '#engine/training/targets.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator } from '#engine/training/training.ts';
import { ShapeError } from '#engine/type.ts';
import { CLASSES, data, FEATURES, open, options, ROWS, spec } from '../perceptron.ts';

/** The perceptron's data, one target of which is another. */
const withTarget = (target: number, row: number): Tensors => ({
  ...data,
  y: tensorFrom(
    'int64',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => (i === row ? target : i % CLASSES)),
  ),
});

const refused = (got: number, row: number, or = '') =>
  new ShapeError(`data 'y' wants targets from 0 to 2${or}; got ${got} in row ${row}`);

describe('a target that is no class', () => {
  test.each([
    [3, 7],
    [-1, 0],
    [-100, ROWS - 1],
  ])('is refused with its row where a training is given data (%i in row %i)', async (target, row) => {
    await expect(open(spec(), withTarget(target, row))).rejects.toThrow(refused(target, row));
    await using training = await open(spec({ accumulation: 2 }));
    expect(() => {
      training.data = withTarget(target, row);
    }).toThrow(refused(target, row));
    await using evaluator = await Evaluator.open(compileEvaluate(spec()), options);
    await expect(evaluator.run(training.state, withTarget(target, row))).rejects.toThrow(refused(target, row));
  });

  test('is taken where it says that a row is to be ignored', async () => {
    const ignoring = spec({ loss: crossEntropy({ ignoreIndex: -100 }) });
    await using training = await open(ignoring, withTarget(-100, 4));
    expect((await training.run([[3, 4, 5]])).weight).toEqual(Float32Array.of(2));
    await expect(open(ignoring, withTarget(-1, 4))).rejects.toThrow(refused(-1, 4, ', or -100 to ignore a row'));
  });

  test('is taken in a row that weighs nothing, and nowhere else', async () => {
    const weighted: TrainSpec = {
      ...spec({ weight: 'w' }),
      data: { ...spec().data, w: { dtype: 'float32', shape: ['rows'] } },
    };
    const weights = (row: number): Tensors => ({
      w: tensorFrom(
        'float32',
        [ROWS],
        Array.from({ length: ROWS }, (_, i) => (i === row ? 0 : 0.5)),
      ),
    });
    await using training = await open(weighted, { ...withTarget(9, 4), ...weights(4) });
    expect((await training.run([[3, 4, 5]])).weight).toEqual(Float32Array.of(1));
    await expect(open(weighted, { ...withTarget(9, 4), ...weights(3) })).rejects.toThrow(refused(9, 4));
  });

  test('is refused with the shard that holds it, whoever wrote that', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'targets-'));
    try {
      const writer = await ShardWriter.create(folder, { tensors: rowTypes(spec().data), shards: 2, seed: 1 });
      for (const target of [0, 5]) await writer.append(withTarget(target, 2));
      await writer.finish();
      const { targets } = compileTrain(spec());
      const shards = await openShards(folder, (rows) => expectTargets(targets, rows));
      const memory = shardMemory(shards, { batchSize: 2, bytes: 2 ** 16 });
      const readAll = async () => {
        for await (const _ of shardedBatches(memory, { seed: 1, epoch: 1 }));
      };
      await expect(readAll()).rejects.toThrow(ShardError);
      await expect(readAll()).rejects.toThrow(
        /^shard [01] of .*targets-.*: data 'y' wants targets from 0 to 2; got 5 in row \d+$/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the targets of a program', () => {
  const rule = { target: 'y', least: 0, most: CLASSES - 1 };

  test('are those of its loss, in every kind of program', () => {
    expect(compileTrain(spec()).targets).toEqual(rule);
    expect(compileEvaluate(spec()).targets).toEqual(rule);
    expect(compileGradients(spec(), 1).targets).toEqual(rule);
    expect(compileTrain(spec({ loss: crossEntropy({ ignoreIndex: 7 }) })).targets).toEqual({ ...rule, ignored: 7 });
  });

  test('are any for an error between numbers', async () => {
    const y = { dtype: 'float32', shape: ['rows', CLASSES] } as const;
    const regression = spec({ data: { ...spec().data, y }, loss: squaredError });
    expect(compileTrain(regression).targets).toBeUndefined();
    const far = tensorFrom('float32', [1, CLASSES], [-1e6, 1e6, Number.NaN]);
    await using training = await open(regression, { x: tensorFrom('float32', [1, FEATURES], [1, 2, 3, 4]), y: far });
    expect(training.state.step).toEqual(initialState(regression, 1).step);
  });

  test.each([1.5, -0.5, Number.NaN])(
    'are probabilities for a binary cross entropy, whose rows may be wide (%d)',
    (odd) => {
      const y = { dtype: 'float32', shape: ['rows', CLASSES] } as const;
      const { targets } = compileTrain(spec({ data: { ...spec().data, y }, loss: binaryCrossEntropy }));
      const of = (last: number): Tensors => ({ y: tensorFrom('float32', [2, 3], [0, 1, 0.25, 0, 1, last]) });
      expect(() => expectTargets(targets, of(0.75))).not.toThrow();
      expect(() => expectTargets(targets, of(odd))).toThrow(`data 'y' wants targets from 0 to 1; got ${odd} in row 1`);
    },
  );
});
