import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import { fromBytes } from '#domain/random-access.ts';
import { findJob } from '#domain/training/read.ts';
import { openWeights } from '#learning/files/weights.ts';
import { runJob } from '#training/run-job.ts';
import { type JobSpec, openTrainerWorld, type TrainerWorld } from '../../training/world.ts';

let world: TrainerWorld;
beforeAll(async () => {
  world = await openTrainerWorld();
});
afterAll(() => world.close());

async function filesOf(id: string, spec: JobSpec) {
  const { adapters } = world;
  const job = await world.queue(id, spec);
  await runJob(adapters, { accountId: job.account_id, jobId: job.id, attempt: job.attempt }, { log: () => {} });
  const { model_id, failure } = (await findJob(adapters.table, job.account_id, job.id))!;
  expect(failure).toBeUndefined();
  const model = (await findModel(adapters.table, job.account_id, model_id!))!;
  const entries = model.artifacts.map(async ({ file }) => {
    const { body } = await adapters.blobs.artifacts.get(blobKeys.modelFile(model.account_id, model.id, file));
    return [file, await buffer(body)] as const;
  });
  return { model, files: new Map(await Promise.all(entries)) };
}

const HOSTILE = `<script>alert('1')</script>&"`;

describe('the files of a classifier', () => {
  let made: Awaited<ReturnType<typeof filesOf>>;
  beforeAll(async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 9},${i % 2 ? `"${HOSTILE.replaceAll('"', '""')}"` : 'b'}`);
    const content = `x,label\n${rows.join('\n')}\n`;
    made = await filesOf('hostile', { content, target: 'label', hyperparameters: { epochs: 4 } });
  });

  test('are those that serve it, and those for other tools', () => {
    expect([...made.files.keys()]).toEqual([
      ...['model.onnx', 'serving.json', 'reference.json', 'model-card.md'],
      ...['encoder.json', 'model.pth', 'model.safetensors'],
      ...['metrics.json', 'learning-curves.svg', 'confusion-matrix.svg', 'reliability.svg'],
    ]);
  });

  test('have the same weights in both formats, under the names of the module in the card', async () => {
    const [pth, safetensors] = await Promise.all(
      ['model.pth', 'model.safetensors'].map((file) => openWeights(fromBytes(made.files.get(file)!))),
    );
    expect([...pth!.keys()].sort()).toEqual([...safetensors!.keys()].sort());
    for (const [name, tensor] of pth!) {
      expect(await tensor.read()).toEqual(await safetensors!.get(name)!.read());
    }
    expect(pth!.get('hidden.0.weight')!.shape).toEqual([64, 1]);
    const card = made.files.get('model-card.md')!.toString();
    expect(card).toContain('self.hidden = nn.ModuleList([nn.Linear(1, 64), nn.Linear(64, 64)])');
  });

  test('have texts of the data in pictures as texts, never as markup', () => {
    const svg = made.files.get('confusion-matrix.svg')!.toString();
    expect(svg).toContain('&lt;script&gt;');
    for (const [file, bytes] of made.files) {
      if (file.endsWith('.svg')) expect(bytes.toString()).not.toMatch(/<script|<foreignObject|\son\w+=|javascript:/i);
    }
  });

  test('have every score for programs, and one of each name', async () => {
    const metrics = JSON.parse(made.files.get('metrics.json')!.toString());
    expect(metrics).toMatchObject({
      format: 1,
      task: 'classification',
      judged_on: 'validation',
      rows: { validation: 12 },
    });
    expect(metrics.performance).toEqual(made.model.performance);
    expect(metrics.history.val_loss).toHaveLength(4);
    const { classes, counts } = metrics.confusion_matrix;
    expect(classes).toEqual([HOSTILE, 'b']);
    expect(counts.flat().reduce((a: number, b: number) => a + b)).toBe(12);
    const { bins, expected_calibration_error: error } = metrics.calibration;
    const gaps = bins.map((bin: Record<string, number>) => bin.rows! * Math.abs(bin.confidence! - bin.accuracy!));
    expect(gaps.reduce((a: number, b: number) => a + b) / 12).toBeCloseTo(error, 9);
    expect(error).toBe(made.model.performance.expected_calibration_error);
    expect(made.files.get('reliability.svg')!.toString()).toContain(`expected calibration error: ${error.toFixed(4)}`);
    const { account_id, job_id } = made.model;
    expect(metrics.evaluation).toEqual(await world.artifact(blobKeys.jobEvaluation(account_id, job_id!)));
  });
});

test('a regression has a picture of predicted by actual values', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${2 * i + 0.5}`);
  const { files } = await filesOf('regression', {
    content: `x,y\n${rows.join('\n')}\n`,
    target: 'y',
    hyperparameters: { epochs: 2 },
    more: { task: 'regression' },
  });
  expect([...files.keys()].filter((file) => file.endsWith('.svg'))).toEqual([
    'learning-curves.svg',
    'predicted-vs-actual.svg',
  ]);
  expect(files.get('predicted-vs-actual.svg')!.toString()).toContain('12 rows');
});

test.each(['e-20', 'e-90', 'e30', 'e90'])('a regression of numbers about 1%s has its pictures', async (power) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${2 * i + 0.5}${power}`);
  const { files } = await filesOf(`regression-${power}`, {
    content: `x,y\n${rows.join('\n')}\n`,
    target: 'y',
    hyperparameters: { epochs: 2 },
    more: { task: 'regression' },
  });
  expect(files.get('predicted-vs-actual.svg')!.toString()).toContain('actual × 1e');
});

test.each([
  ['1420405751.768', 1e-3],
  ['1e15', 1],
  ['5', 1e-14],
])('a regression of numbers that differ little from %s has its files', async (offset, step) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${Number(offset) + step * i}`);
  const { files } = await filesOf(`offset-${offset}`, {
    content: `x,y\n${rows.join('\n')}\n`,
    target: 'y',
    hyperparameters: { epochs: 2 },
    more: { task: 'regression' },
  });
  expect([...files.keys()]).toContain('model.onnx');
});
