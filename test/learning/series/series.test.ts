import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openSession } from '#engine/run.ts';
import { expectTensor, toNumbers } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { fitNetwork } from '#learning/fit/fit.ts';
import { isSharded, rowsOf } from '#learning/fit/rows.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import type { PrepareOptions } from '#learning/prepared.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { withWarningsFor } from '#learning/read-warnings.ts';
import { series } from '#learning/series/kind.ts';
import type { Serving } from '#learning/serving/description.ts';
import { exportModel } from '#learning/serving/export.ts';
import { openSource } from '#learning/source.ts';
import { biLstm } from '#zoo/bilstm.ts';
import { chunked } from '../chunks.ts';
import { resident } from '../tables.ts';

/** Four series of eight rows, whose rows lie mixed and in descending time. */
const rows = Array.from({ length: 32 }, (_, i) => ({ run: 'abcd'[i % 4]!, at: 8 - Math.floor(i / 4), x: i * 0.1 }));
const FILE = [
  'run,at,x,kind,y',
  ...rows.map(({ run, at, x }, i) => `${run},${at},${x},${i % 3 ? 'u' : 'v'},${x + at}`),
].join('\n');
const ROLES = { columns: { run: { role: 'group' }, at: { role: 'time' } } } as const;

async function prepared(
  h: object,
  options: Partial<PrepareOptions> = {},
  text = FILE,
  more: Partial<ProfileOptions> = {},
) {
  const profiling = { task: 'auto', target: 'y', parsing: ROLES, ...more } as const;
  const profile = await profileCsv(chunked(text), profiling);
  const hyperparameters = biLstm.hyperparameters.parse({ hidden_size: 4, epochs: 2, ...h });
  const wanted = biLstm.wanted!(hyperparameters);
  const made = await series.prepare(openSource(chunked(text)), profile, {
    ...{ wanted, validationSplit: 0, seed: 1 },
    ...options,
  });
  return { profile, hyperparameters, ...made };
}

async function exported(h: object, text = FILE, more: Partial<ProfileOptions> = {}) {
  const made = await prepared(h, {}, text, more);
  const { preparation, hyperparameters, data, profile } = made;
  const fit = await fitNetwork({
    ...{ family: biLstm, hyperparameters, preparation, data },
    earlyStopping: { enabled: false, patience: 1, monitor: 'loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  const network = biLstm.network(shapeOf(preparation), hyperparameters);
  const { task, classes, encoding, scale } = preparation;
  const serving: Serving = { format: 1, task, target: profile.target, ...encoding.served, classes: [...classes] };
  await using evaluator = await Evaluator.open(compileEvaluate(objectiveOf(preparation, network)));
  const state = Object.entries(fit!.parameters).map(([name, value]) => [parameterKey(name), value]);
  const { outputs } = await evaluator.run(Object.fromEntries(state), resident(data.training));
  const bytes = exportModel(preparation, network, fit!.parameters, { producer: 'test' });
  return { ...made, serving, bytes, outputs: expectTensor('outputs', outputs, 'float32').data, scale };
}

/** Rows of one series in the order of their times, as a request has them. */
const ofRun = (run: string) =>
  rows
    .map((row, i) => ({ ...row, kind: i % 3 ? 'u' : 'v', y: row.x + row.at }))
    .filter((row) => row.run === run)
    .toSorted((a, b) => a.at - b.at);

describe('series', () => {
  test('are windows of the rows of each group, in the order of their times', async () => {
    const { data, preparation } = await prepared({ window: 3 });
    expect(rowsOf(data.training)).toBe(4 * (8 - 2));
    expect(preparation.encoding.shape).toEqual([3, 3]);
    const { dense } = resident(data.training);
    const { encoder } = preparation.encoding as typeof preparation.encoding & {
      encoder: { features: { mean: number; deviation: number }[] };
    };
    const { mean, deviation } = encoder.features[0]!;
    const wanted = ofRun('a')
      .slice(0, 4)
      .map(({ x }) => (x - mean) / deviation);
    const got = toNumbers(dense!).slice(0, 6);
    for (const [i, at] of [0, 1, 2, 1, 2, 3].entries()) expect(got[i]).toBeCloseTo(wanted[at]!, 5);
  });

  test('of one group are on one side of the split; without groups the latest windows are kept back', async () => {
    const grouped = await prepared({ window: 3 }, { validationSplit: 0.25 });
    expect(grouped.rows).toEqual({ training: 18, validation: 6, test: 0 });
    const alone = await prepared({ window: 3 }, { validationSplit: 0.2 }, FILE, {
      parsing: { columns: { run: { role: 'ignore' } } },
    });
    expect(alone.rows).toEqual({ training: 24, validation: 6, test: 0 });
  });

  test('go over rows without a target, as those of a prediction do', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `${i},${i === 5 || i === 6 ? '' : i + 0.5}`);
    const text = ['at,y', ...lines, ','].join('\n');
    const { data, preparation, rows } = await prepared({ window: 3 }, {}, text, {
      parsing: { columns: { at: { role: 'feature', type: 'number' } } },
    });
    // Of ten windows, two end in a row without a target.
    expect(rows.training).toBe(8);
    const { dense, y } = resident(data.training);
    const { encoder } = preparation.encoding as typeof preparation.encoding & {
      encoder: { features: { mean: number; deviation: number; missing: boolean }[] };
    };
    const [at] = encoder.features;
    const width = 1 + Number(at!.missing);
    const windows = Array.from({ length: 8 }, (_, window) =>
      [0, 1, 2].map((step) =>
        Math.abs(Math.round(toNumbers(dense!)[(window * 3 + step) * width]! * at!.deviation + at!.mean)),
      ),
    );
    expect(windows).toEqual([2, 3, 4, 7, 8, 9, 10, 11].map((last) => [last - 2, last - 1, last]));
    expect(
      toNumbers(y!).map((value) => Math.round((value * preparation.scale.deviation + preparation.scale.mean) * 2) / 2),
    ).toEqual([2, 3, 4, 7, 8, 9, 10, 11].map((last) => last + 0.5));
  });

  test('of rows without a time follow the row before them, and rows without anything are no series', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `${'ab'[i % 2]},${i === 6 ? '' : i},${i},${i + 0.5}`);
    const text = ['run,at,x,y', ...lines, ',,,', ',,,'].join('\n');
    const { rows, data, preparation } = await prepared({ window: 3 }, {}, text);
    expect(rows.training).toBe(8);
    const { mean, deviation } = preparation.scale;
    const targets = toNumbers(resident(data.training).y!).map((value) => Math.round(value * deviation + mean - 0.5));
    expect(targets).toEqual([4, 6, 8, 10, 5, 7, 9, 11]);
    const { dense } = resident(data.training);
    const { encoder } = preparation.encoding as typeof preparation.encoding & {
      encoder: { features: { mean: number; deviation: number }[] };
    };
    const [x] = encoder.features;
    const width = dense!.shape[2]!;
    const lastX = targets.map((_, i) => Math.round(toNumbers(dense!)[(3 * i + 2) * width]! * x!.deviation + x!.mean));
    expect(lastX).toEqual(targets);
  });

  test('by time say which times are later than the rows to learn from', async () => {
    const day = (i: number) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
    const text = ['at,paid,y', ...Array.from({ length: 40 }, (_, i) => `${day(i)},${day(i + 5)},${i % 7}.5`)].join(
      '\n',
    );
    const parsing = { columns: { at: { role: 'time' } } } as const;
    const { warnings } = await prepared({ window: 3 }, { validationSplit: 0.25 }, text, { parsing });
    expect(warnings).toMatchObject([{ code: 'after_split', column: 'paid', rows: 5, first_row: 26 }]);
  });

  test('without a time are said to be in the order of the file', async () => {
    const { profile } = await prepared({ window: 3 }, {}, FILE, { parsing: {} });
    const codes = (of: typeof profile) => (withWarningsFor(biLstm, of).warnings ?? []).map(({ code }) => code);
    expect(codes(profile)).toContain('order_of_file');
    expect(codes((await prepared({ window: 3 })).profile)).not.toContain('order_of_file');
  });

  test('have no row without a group, of which the dataset warns', async () => {
    const lines = FILE.split('\n');
    const text = [lines[0], ',3,7,u,1', ...lines.slice(1), ',4,8,v,2'].join('\n');
    const { data, profile } = await prepared({ window: 3 }, {}, text);
    expect(rowsOf(data.training)).toBe(4 * (8 - 2));
    expect(profile.warnings).toContainEqual({
      ...{ code: 'group_missing', column: 'run', first_value: '', first_row: 1, rows: 2, overrule: null },
      message: '2 rows have no group',
      cost: 'Each is a group of its own where rows are divided, and models of series learn nothing from it',
    });
    expect(resident(data.training).y).toEqual(resident((await prepared({ window: 3 })).data.training).y);
  });

  test('that do not fit into memory are windows on disk', async () => {
    const scratch = { folder: mkdtempSync(join(tmpdir(), 'series-')), residentBytes: 4_000, shardBytes: 1_000 };
    const long = ['x,y', ...Array.from({ length: 120 }, (_, i) => `${i},${i % 7}`)].join('\n');
    const { data } = await prepared({ window: 40 }, { scratch }, long, { parsing: {} });
    expect(isSharded(data.training)).toBe(true);
    expect(rowsOf(data.training)).toBe(120 - 39);
  });

  test.each([
    ['the target of the last row', { window: 3 }, ['x', 'kind']],
    ['a forecast', { window: 3, horizon: 2 }, ['x', 'kind', 'y']],
  ] as const)('give %s from raw rows, as the trained network does', async (_, h, names) => {
    const { serving, bytes, outputs, scale } = await exported(h);
    expect(serving.features.map(({ name }) => name)).toEqual(names);
    await using session = await openSession(bytes);
    const windows = 8 - 2 - ('horizon' in h ? h.horizon : 0);
    const requests = Array.from({ length: windows }, (_, i) =>
      ofRun('a')
        .slice(0, i + 3)
        .map((row) => names.map((name) => row[name])),
    );
    const { value } = await session.run(await series.tensors(serving, requests));
    for (const [i, got] of toNumbers(value!).entries()) {
      expect(Math.abs((got - scale.mean) / scale.deviation - outputs[i]!)).toBeLessThan(1e-5);
    }
  });

  test('of a forecast know what the target was last; others do not', async () => {
    const { data, preparation } = await prepared({ window: 3, horizon: 2 });
    const { y } = resident(data.training);
    const last = preparation.encoding.lastValues!(resident(data.training));
    const run = ofRun('a').map(({ y }) => y);
    for (const [i, value] of Array.from(last.subarray(0, 4)).entries()) expect(value).toBeCloseTo(run[i + 2]!, 5);
    const { mean, deviation } = preparation.scale;
    for (const [i, value] of toNumbers(y!).slice(0, 4).entries()) {
      expect(value * deviation + mean).toBeCloseTo(run[i + 4]!, 5);
    }
    expect((await prepared({ window: 3 })).preparation.encoding.lastValues).toBeUndefined();
  });

  test('have classes, too', async () => {
    const { serving, bytes } = await exported({ window: 2 }, FILE, { target: 'kind' });
    await using session = await openSession(bytes);
    const request = ofRun('b').map(({ x, y }) => ({ x, y }));
    const { label } = await session.run(await series.tensors(serving, [request]));
    expect(['u', 'v']).toContain(expectTensor('label', label, 'string').data[0]);
  });

  test.each([
    [{ window: 9 }, {}, 'window must be at most as long as each series: series "a" has 8 rows; got 9'],
    [
      { window: 8, horizon: 1 },
      {},
      'window and horizon together must be at most as long as each series: series "a" has 8 rows; got 9',
    ],
    [
      { window: 2, horizon: 1 },
      { target: 'kind' },
      'horizon must be 0 for classification: only numbers are forecast; got 1',
    ],
  ])('are refused with %j %j', async (h, more, message) => {
    await expect(prepared(h, {}, FILE, more)).rejects.toThrow(message);
  });

  test('of a request must be arrays of enough rows, and errors say where', async () => {
    const { serving } = await exported({ window: 3 });
    const row = [1, 'u'];
    const details = async (...inputs: Parameters<typeof series.tensors>[1][number][]) =>
      Promise.resolve(series.tensors(serving, inputs)).then(
        () => [],
        (error) => error.details.map(({ field, message }: { field: string; message: string }) => `${field} ${message}`),
      );
    expect(await details([row, row], 'x')).toEqual([
      "inputs[0] must have at least 3 rows, as the model's window has; got 2",
      "inputs[1] must be an array of at least 3 rows, as the model's window has; got no array",
    ]);
    expect(await details([[row, row, row] as never])).toEqual([
      'inputs[0] must be one series, an array of at least 3 rows; got an array [1, 3, 2]',
    ]);
    expect(await details([row, row, row], [row, row, 7, row])).toEqual([
      'inputs[1][2] must be a row, an array or an object; got 7',
    ]);
    expect(await details([row, row, row], [row, row, row, ['wide', 'u']])).toEqual([
      'inputs[1][3][0] must be a number for feature "x", or null; got "wide"',
    ]);
  });
});
