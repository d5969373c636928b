import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import { findJob } from '#domain/training/read.ts';
import { FEATURES } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';
import { makePredictor } from '#learning/predictor.ts';
import type { Input } from '#learning/serving/input.ts';
import { runJob } from '#training/run-job.ts';
import { type JobSpec, openTrainerWorld, type TrainerWorld } from '../training/world.ts';
import { python } from './python.ts';

let world: TrainerWorld;
beforeAll(async () => {
  world = await openTrainerWorld();
});
afterAll(() => world.close());

interface Opened {
  readonly torch: { readonly labels?: (string | string[])[]; readonly numbers: number[] | number[][] };
  readonly onnx: Opened['torch'];
  readonly names: string[];
  readonly same: boolean;
}

/** Trains, and lets Python open the files and predict for the rows. */
async function openedByPython(id: string, spec: JobSpec, rows: readonly Input[]) {
  const { adapters } = world;
  const job = await world.queue(id, spec);
  await runJob(adapters, { accountId: job.account_id, jobId: job.id, attempt: job.attempt }, { log: () => {} });
  const { model_id } = (await findJob(adapters.table, job.account_id, job.id))!;
  const model = (await findModel(adapters.table, job.account_id, model_id!))!;
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-golden-'));
  try {
    for (const { file } of model.artifacts) {
      const { body } = await adapters.blobs.artifacts.get(blobKeys.modelFile(model.account_id, model.id, file));
      writeFileSync(join(folder, file), await buffer(body));
    }
    writeFileSync(join(folder, 'rows.json'), JSON.stringify(rows));
    const opened = python('open_files.py', folder) as Opened;
    const predictor = makePredictor({ artifacts: adapters.blobs.artifacts });
    // Numbers have no probabilities, and asking for them is refused.
    const options = model.task === 'regression' ? {} : { probabilities: true };
    return { opened, ours: await predictor.predict(model, rows, options) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function expectClose(got: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(got[i]! - value)).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
  }
}

const PENGUINS = [
  ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007],
  ['Torgersen', 39.1, null, 181, 3750, null, 2007],
  ['Dream', 46.5, 17.9, 192, 3500, 'female', 2009],
];

test.each(['relu', 'leaky_relu', 'gelu', 'silu', 'tanh', 'sigmoid'])(
  'the module of a classifier with %s loads its weights and answers alike',
  async (activation) => {
    const { opened, ours } = await openedByPython(
      `c-${activation}`,
      { hyperparameters: { activation, epochs: 3, hidden_layers: [16, 8] } },
      PENGUINS,
    );
    expect(opened.same).toBe(true);
    expect(opened.names).toEqual([
      ...['hidden.0.bias', 'hidden.0.weight', 'hidden.1.bias', 'hidden.1.weight', 'output.bias', 'output.weight'],
    ]);
    for (const one of [opened.torch, opened.onnx]) {
      expect(one.labels).toEqual(ours.map((answer) => 'class' in answer && answer.class));
      expectClose(
        one.numbers.flat(),
        ours.flatMap((answer) => ('class' in answer ? Object.values(answer.probabilities!) : [])),
      );
    }
  },
);

test('the module of a regression without a hidden layer answers alike', async () => {
  const { opened, ours } = await openedByPython(
    'r',
    {
      target: 'body_mass_g',
      hyperparameters: { epochs: 3, hidden_layers: [] },
      more: { task: 'regression' },
    },
    [
      ['Adelie', 'Biscoe', 46.1, 13.2, 211, 'female', 2007],
      ['Gentoo', 'Dream', null, 17.9, 192, null, 2009],
    ],
  );
  const expected = ours.map((answer) => ('value' in answer ? answer.value : Number.NaN));
  expectClose(opened.torch.numbers.flat(), expected);
  expectClose(opened.onnx.numbers.flat(), expected);
});

test.each([
  ['species', 'classification', PENGUINS],
  [
    'body_mass_g',
    'regression',
    [
      ['Adelie', 'Biscoe', 46.1, 13.2, 211, 'female', 2007],
      ['Gentoo', 'Dream', null, 17.9, 192, null, 2009],
    ],
  ],
] as const)('the module of linear for %s answers alike', async (target, task, rows) => {
  const { opened, ours } = await openedByPython(
    `linear-${task}`,
    { target, hyperparameters: { epochs: 3 }, more: { model_type: 'linear', task } },
    rows,
  );
  expect(opened.same).toBe(true);
  expect(opened.names).toEqual(['output.bias', 'output.weight']);
  const expected = ours.flatMap((answer) =>
    'value' in answer ? [answer.value] : Object.values(answer.probabilities ?? {}),
  );
  for (const one of [opened.torch, opened.onnx]) expectClose(one.numbers.flat(), expected);
});

test.each(['mlp', 'linear'])('the module of %s for several labels answers alike', async (model_type) => {
  const tags = (i: number) => ['red', 'round', 'soft'].filter((_, k) => (i + k) % (k + 2) === 0).join('|') || 'none';
  const lines = Array.from({ length: 90 }, (_, i) => `${i % 7},${i % 6},${tags(i)}`);
  const { opened, ours } = await openedByPython(
    `labels-${model_type}`,
    {
      ...{ content: ['x,y,tags', ...lines].join('\n'), target: 'tags', hyperparameters: { epochs: 4 } },
      more: { model_type, task: 'multilabel' },
    },
    [
      [1, 2],
      [6, null],
      [3, 0],
    ],
  );
  expect(opened.same).toBe(true);
  for (const { labels, numbers } of [opened.torch, opened.onnx]) {
    expect(labels!.map((some) => [...some].sort())).toEqual(
      ours.map((answer) => ('labels' in answer ? answer.labels.map(({ label }) => label).sort() : [])),
    );
    // The API has them by name, the file in the order of its classes.
    const sorted = (all: readonly number[]) => all.toSorted((a, b) => a - b);
    expectClose(
      (numbers as number[][]).flatMap(sorted),
      ours.flatMap((answer) => ('labels' in answer ? sorted(Object.values(answer.probabilities!)) : [])),
    );
  }
});

/** Cycles of a cell, without what is to be predicted. */
const CYCLES = generateCells({ seed: 1, numbers: [91] })[0]!.cycles.slice(0, 120);

test.each(['baseline', 'deephpm'])('the module of %s answers alike', async (name) => {
  const columns = [...FEATURES, 'capacity_loss'] as const;
  const lines = CYCLES.map((cycle) => columns.map((column) => cycle[column]).join(','));
  const { opened, ours } = await openedByPython(
    name,
    {
      ...{ content: [columns.join(','), ...lines].join('\n'), target: 'capacity_loss' },
      hyperparameters: { epochs: 3, width: 8, batch_size: 32 },
      more: { model_type: name, task: 'regression' },
    },
    [0, 50, 119].map((at) => FEATURES.map((feature) => CYCLES[at]![feature])),
  );
  expect(opened.same).toBe(true);
  const expected = ours.map((answer) => ('value' in answer ? answer.value : Number.NaN));
  expectClose(opened.torch.numbers.flat(), expected);
  expectClose(opened.onnx.numbers.flat(), expected);
});

test('the module with vectors for a category of many values answers alike', async () => {
  const place = (i: number) => `place ${i % 60}`;
  const rows = Array.from({ length: 240 }, (_, i) => `${place(i)},${i % 7},${i % 60 < 30 ? 'north' : 'south'}`);
  const { opened, ours } = await openedByPython(
    'vectors',
    { content: ['place,x,side', ...rows].join('\n'), target: 'side', hyperparameters: { epochs: 2 } },
    [
      ['place 7', 1],
      ['place 59', null],
      ['nowhere', 3],
      [null, 6],
    ],
  );
  expect(opened.same).toBe(true);
  expect(opened.names).toContain('embeddings.0.weight');
  const probabilities = ours.flatMap((answer) => ('class' in answer ? Object.values(answer.probabilities!) : []));
  for (const one of [opened.torch, opened.onnx]) expectClose(one.numbers.flat(), probabilities);
});

test('the module of two classes with a threshold answers alike', async () => {
  const { opened, ours } = await openedByPython(
    'threshold',
    { target: 'sex', hyperparameters: { epochs: 3, threshold: 'balanced_accuracy' } },
    [
      ['Adelie', 'Biscoe', 40.1, 17.2, 191, 3800, 2007],
      ['Gentoo', 'Biscoe', 47.5, 15, 218, 4950, 2009],
      ['Chinstrap', 'Dream', 48.2, 18.4, 195, 3750, 2009],
    ],
  );
  const labels = ours.map((answer) => 'class' in answer && answer.class);
  expect([opened.torch.labels, opened.onnx.labels]).toEqual([labels, labels]);
});

test('the module of texts makes the same n-grams of them, and answers alike', async () => {
  const rows = Array.from(
    { length: 80 },
    (_, i) => `"Nº ${i}: ${i % 2 ? 'Regen & Wind über dem Land' : 'prices ROSE, again'}",${i % 2}`,
  );
  const { opened, ours } = await openedByPython(
    'texts',
    {
      content: ['said,kind', ...rows].join('\n'),
      target: 'kind',
      hyperparameters: { epochs: 1 },
      more: { model_type: 'compact-text' },
    },
    [
      ...[['Rain and wind'], ['ﬁnally: prices_rose 3½ ×, schön'], ['Wind '.repeat(400)]],
      // Beyond the first 65,536 characters; blanks of one language that are none of the other; cut within a pair.
      ...[['𐐀 👩‍👩‍👧 𝒳 🇩🇪'], ['a\x1cb\x85c\ufeffd'], [`x${'😀'.repeat(20_000)} end`]],
    ],
  );
  expect(opened.same).toBe(true);
  expect(opened.names).toEqual(['embedding.bias', 'embedding.weight', 'output.bias', 'output.weight']);
  for (const one of [opened.torch, opened.onnx]) {
    expect(one.labels).toEqual(ours.map((answer) => 'class' in answer && answer.class));
    expectClose(
      one.numbers.flat(),
      ours.flatMap((answer) => ('class' in answer ? Object.values(answer.probabilities!) : [])),
    );
  }
});

/** A table of images: its features are the pixels, one channel after another. */
function pixelTable(
  channels: number,
  side: number,
  rows: number,
): { readonly content: string; readonly images: Input[] } {
  const count = channels * side ** 2;
  const pixel = (row: number, i: number): number => (17 * row + (1 + (row % 3)) * 31 * i) % 256;
  const line = (row: number) => Array.from({ length: count }, (_, i) => pixel(row, i));
  const header = [...Array.from({ length: count }, (_, i) => `p${i}`), 'kind'].join(',');
  const lines = Array.from({ length: rows }, (_, row) => [...line(row), 'abc'[row % 3]].join(','));
  const planes = (row: number) =>
    Array.from({ length: channels }, (_, c) =>
      Array.from({ length: side }, (__, y) =>
        Array.from({ length: side }, (___, x) => pixel(row, (c * side + y) * side + x)),
      ),
    );
  return { content: [header, ...lines].join('\n'), images: [0, 1, 2, 20].map(planes) };
}

test.each<[string, number, number, object]>([
  ['small-cnn', 1, 8, { channels: [4, 8] }],
  ['small-cnn', 3, 9, { channels: [4, 6, 8] }],
  ['small-cnn', 1, 7, { channels: [4], image_channels: 3 }],
  ['small-cnn', 3, 8, { channels: [4], image_channels: 1 }],
  ['resnet18', 1, 8, {}],
  ['resnet50', 3, 16, {}],
])(
  'the module of %s for images of %i × %i² loads its weights and answers alike',
  async (name, channels, side, more) => {
    const { content, images } = pixelTable(channels, side, name.startsWith('resnet') ? 12 : 30);
    const { opened, ours } = await openedByPython(
      `image-${name}-${channels}-${side}`,
      { content, target: 'kind', hyperparameters: { epochs: 1, ...more }, more: { model_type: name } },
      images,
    );
    expect(opened.same).toBe(true);
    const labels = ours.map((answer) => 'class' in answer && answer.class);
    const probabilities = ours.flatMap((answer) => ('class' in answer ? Object.values(answer.probabilities!) : []));
    for (const one of [opened.torch, opened.onnx]) {
      expect(one.labels).toEqual(labels);
      expectClose(one.numbers.flat(), probabilities);
    }
  },
);

test.each<[string, object]>([
  ['of the last row', { window: 5 }],
  ['two rows later', { window: 5, horizon: 2 }],
])('the module of bilstm for the target %s loads its weights and answers alike', async (_, of) => {
  const word = (i: number) => (i % 4 ? 'u' : 'v');
  const wave = (i: number) => Math.sin(i / 5);
  const content = [
    'x,word,y',
    ...Array.from({ length: 80 }, (__, i) => `${i % 9 === 3 ? '' : wave(i + 3)},${word(i)},${wave(i)}`),
  ].join('\n');
  const isForecast = 'horizon' in of;
  const window = (from: number) =>
    Array.from({ length: 5 }, (__, k) => [
      k === 2 ? null : wave(from + k + 3),
      word(from + k),
      ...(isForecast ? [wave(from + k)] : []),
    ]);
  const { opened, ours } = await openedByPython(
    `series-${isForecast}`,
    {
      ...{ content, target: 'y', hyperparameters: { epochs: 2, hidden_size: 6, ...of } },
      more: { model_type: 'bilstm', task: 'regression' },
    },
    [window(0), window(7), window(20)],
  );
  expect(opened.same).toBe(true);
  const expected = ours.map((answer) => ('value' in answer ? answer.value : Number.NaN));
  expectClose(opened.torch.numbers.flat(), expected);
  expectClose(opened.onnx.numbers.flat(), expected);
});
