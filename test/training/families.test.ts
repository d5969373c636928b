/**
 * The options that every family has, for families whose data are not plain tables or whose networks have more than weights:
 * they do with them what they do with `mlp`.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { uniformStream } from '#engine/random.ts';
import type { Evaluation } from '#learning/assess/evaluation.ts';
import { generateCells } from '#learning/battery/generate.ts';
import { runJob } from '#training/run-job.ts';
import { openTrainerWorld, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

interface Learned {
  readonly content: string;
  readonly target: string;
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
  readonly task?: Job['task'];
}

const csv = (header: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [header, ...rows].map((row) => row.join(',')).join('\n');

/** Bars, upright or lying, of 8 by 8 pixels. */
function bars(): string {
  const uniform = uniformStream(1, 'bars');
  const rows = Array.from({ length: 60 }, (_, row) => {
    const at = Math.floor(8 * uniform());
    const lies = row % 2 === 1;
    const pixel = (i: number) => ((lies ? i >> 3 : i & 7) === at ? 16 : Math.floor(4 * uniform()));
    return [...Array.from({ length: 64 }, (__, i) => pixel(i)), lies ? 'lying' : 'upright'];
  });
  return csv([...Array.from({ length: 64 }, (_, i) => `p${i}`), 'bar'], rows);
}

const waves = (): string =>
  csv(
    ['x', 'y'],
    Array.from({ length: 120 }, (_, i) => [Math.sin(i / 5).toFixed(4), Math.cos(i / 5).toFixed(4)]),
  );

function cells(): string {
  const [cell] = generateCells({ seed: 1, numbers: [91] });
  const rows = cell!.cycles.slice(0, 150);
  const names = Object.keys(rows[0]!).filter((name) => name !== 'remaining_life');
  return csv(
    names,
    rows.map((row) => names.map((name) => (row as unknown as Record<string, number>)[name])),
  );
}

const prognostics = () => ({ content: cells(), target: 'capacity_loss', task: 'regression' as const });
const brief = { epochs: 4, width: 16, batch_size: 32 };

const cases: Readonly<Record<string, () => Learned>> = {
  'small-cnn': () => ({ content: bars(), target: 'bar', hyperparameters: { channels: [4, 8], epochs: 6 } }),
  bilstm: () => ({
    ...{ content: waves(), target: 'y', task: 'regression' },
    hyperparameters: { window: 4, hidden_size: 8, epochs: 4 },
  }),
  baseline: () => ({ ...prognostics(), hyperparameters: brief }),
  deephpm: () => ({ ...prognostics(), hyperparameters: brief }),
};

async function trained(id: string, model_type: string, { task = 'classification', ...of }: Learned, more: object = {}) {
  const job = await world.queue(id, { ...of, more: { model_type, task, ...more } });
  await runJob(world.adapters, { accountId: job.account_id, jobId: id, attempt: job.attempt }, { log: () => {} });
  const ended = (await findJob(world.adapters.table, world.accountId, id))!;
  expect(ended.failure).toBeUndefined();
  const model = (await findModel(world.adapters.table, world.accountId, ended.model_id!))!;
  return { model, evaluation: (await world.artifact(blobKeys.jobEvaluation(world.accountId, id))) as Evaluation };
}

test.each(Object.entries(cases))(
  '%s starts from a model of its own, and goes on where that was',
  async (name, make) => {
    const of = make();
    const first = await trained('first', name, of);
    const still = { ...of.hyperparameters, epochs: 1, learning_rate: 1e-12, optimizer: 'sgd' };
    const second = await trained('second', name, { ...of, hyperparameters: still }, { parent_id: first.model.id });
    expect(second.model.parent_id).toBe(first.model.id);
    // The means and deviations of a batch normalisation move also where the weights stay.
    const digits = name === 'small-cnn' ? 1 : 4;
    for (const [metric, value] of Object.entries(first.evaluation.metrics))
      expect([metric, second.evaluation.metrics[metric]]).toEqual([metric, expect.closeTo(value, digits)]);
  },
);

test('a network of grey images starts from weights for three channels, to which the images are brought', async () => {
  const of = { content: bars(), target: 'bar', hyperparameters: { channels: [4], epochs: 1, image_channels: 3 } };
  const colours = await trained('colours', 'small-cnn', of);
  const { image_channels: _, ...hyperparameters } = of.hyperparameters;
  const { model } = await trained('grey', 'small-cnn', { ...of, hyperparameters }, { parent_id: colours.model.id });
  expect(model.architecture.parameters).toBe(colours.model.architecture.parameters);
  expect(model.architecture.input_shape).toEqual([1, 8, 8]);
  expect(model.warnings).toContainEqual(expect.objectContaining({ code: 'channels_changed', rows: 60 }));
  const alone = await trained('alone', 'small-cnn', { ...of, hyperparameters });
  expect(alone.model.architecture.parameters).toBeLessThan(model.architecture.parameters);
});

test.each(Object.entries(cases))(
  '%s is judged in parts, at a rate that is found, with weights of 8 bits',
  async (name, make) => {
    const of = make();
    const hyperparameters = { ...of.hyperparameters, learning_rate: 'auto', int8: true };
    const { model, evaluation } = await trained('j', name, { ...of, hyperparameters }, { cv: 2, test_split: 0.2 });
    const { learning_rate_found } = model.training_config as { learning_rate_found?: number };
    expect(learning_rate_found).toBeGreaterThan(1e-6);
    const { cross_validation, int8, metrics } = evaluation;
    expect(cross_validation?.scores).toHaveLength(2);
    for (const { mean } of Object.values(cross_validation!.metrics)) expect(Number.isFinite(mean)).toBe(true);
    expect(int8!.size).toBeLessThan(int8!.float32_size);
    for (const [metric, value] of Object.entries(int8!.metrics))
      expect([metric, value - int8!.difference[metric]!]).toEqual([metric, expect.closeTo(metrics[metric]!, 6)]);
    expect(Object.keys(model.test_performance!).sort()).toEqual(Object.keys(model.performance).sort());
  },
);
