import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { predictCsv } from '#learning/batch/predict-csv.ts';
import { batchRows, expectPredictable } from '#learning/batch/rows.ts';
import { image } from '#learning/image/kind.ts';
import { imageTensors } from '#learning/image/tensors.ts';
import type { Input, Prediction } from '#learning/predictor.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { seriesTensors } from '#learning/series/tensors.ts';
import type { Serving } from '#learning/serving/description.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { openSource, type Source } from '#learning/source.ts';
import { chunked } from '../chunks.ts';
import { greyBmp, zipOf } from '../image/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-batch-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SERIES: Serving = {
  ...{ format: 1, kind: 'series', task: 'regression', target: 'y', classes: [], input: { steps: 3, horizon: 1 } },
  features: [{ name: 'x', type: 'number', input: 'x' }],
};
const IMAGES: Serving = {
  ...{ format: 1, kind: 'image', task: 'regression', target: 'label', classes: [], features: [] },
  input: { channels: 1, height: 2, width: 3, values: 'bytes' },
};
const ROLES = { columns: { run: { role: 'group' }, at: { role: 'time' } } } as const;
const unlabelled = { task: 'auto', parsing: { unlabelled: true } } as const;

/** The lines of the file; each prediction is what `of` makes of its input. */
async function lines(source: Source, wanted: Parameters<typeof batchRows>[1], of: (input: Input) => number) {
  const predict = async (inputs: readonly Input[]): Promise<Prediction[]> => {
    if (wanted.serving.kind === 'series') seriesTensors(wanted.serving, inputs);
    else await imageTensors(wanted.serving, inputs);
    return inputs.map((input) => ({ value: of(input) }));
  };
  const rows = await batchRows(source, wanted);
  const parts: Buffer[] = [];
  const about = { serving: wanted.serving, options: { probabilities: false }, predict, onRows: async () => {} };
  for await (const part of predictCsv(rows, about)) parts.push(part);
  return Buffer.concat(parts).toString('utf8').trimEnd().split('\r\n');
}

async function ofSeries(csv: string, more: Partial<ProfileOptions> = {}) {
  const profile = await profileCsv(chunked(csv), { task: 'auto', parsing: { ...ROLES, unlabelled: true }, ...more });
  const wanted = { profile, serving: SERIES, include: ['run'] };
  // The last x of a window tells which rows it has.
  return lines(openSource(chunked(csv)), wanted, (input) => Number((input as number[][]).flat().join('')));
}

describe('a batch of series', () => {
  test('predicts each row with the rows before it of the same series, once there are enough', async () => {
    const csv = 'run,at,x\na,1,1\nb,1,5\na,2,2\nb,2,6\na,3,3\na,4,4\nb,3,7\n';
    expect(await ofSeries(csv)).toEqual([
      'row,run,value',
      '1,a,',
      '2,b,',
      '3,a,',
      '4,b,',
      '5,a,123',
      '6,a,234',
      '7,b,567',
    ]);
  });

  test('has no prediction for a row without a group, and that row is in no window', async () => {
    expect(await ofSeries('run,at,x\na,1,1\n,2,9\na,3,2\n,4,9\na,5,3\n,6,9\n')).toEqual([
      'row,run,value',
      '1,a,',
      '2,,',
      '3,a,',
      '4,,',
      '5,a,123',
      '6,,',
    ]);
  });

  test('is one series where no column has groups', async () => {
    const parsing = { unlabelled: true } as const;
    expect((await ofSeries('run,at,x\n1,1,1\n2,2,2\n3,3,3\n4,4,4\n', { parsing })).slice(3)).toEqual([
      '3,3,123',
      '4,4,234',
    ]);
  });

  test('names the row that is before the one before it, and the cell that the model does not take', async () => {
    const details = async (csv: string) => {
      const error = await ofSeries(csv).catch((thrown: unknown) => thrown);
      if (!(error instanceof ValidationError)) throw error;
      return error.details;
    };
    expect(await details('run,at,x\na,1,1\na,3,2\nb,1,1\na,2,3\n')).toEqual([
      {
        field: 'row 4, at',
        message: 'must not be before the row before it of the same series: sort the file by its times; got "2"',
      },
    ]);
    const words = `run,at,x\n${['up', 'down', 'up', 'down'].map((word, i) => `a,${i},${word}`).join('\n')}\n`;
    expect((await details(words))[0]!.field).toBe('row 1, x');
  });
});

describe('a batch of rows', () => {
  test('has categories that are numbers with another decimal mark than those of the model', async () => {
    const feature = {
      name: 'size',
      type: 'category',
      input: 'size',
      format: { words: 'number', decimal: ',' },
    } as const;
    const serving: Serving = {
      ...{ format: 1, kind: 'table', task: 'regression', target: 'y', classes: [], features: [feature] },
    };
    const csv = `size,n\n${['1.5', '2.25', '10', 'NA'].map((size, i) => `${size},${i}`).join('\n')}\n`;
    const profile = await profileCsv(chunked(csv), unlabelled);
    const { rows } = await batchRows(openSource(chunked(csv)), { profile, serving, include: [] });
    const sizes: unknown[] = [];
    for await (const { input } of rows) sizes.push(...rowTensors(serving.features, [input!]).size!.data);
    expect(sizes).toEqual(['1.5', '2.25', '10', '']);
  });
});

describe('a batch of images', () => {
  const bytes = zipOf(
    ['b/2.bmp', 'a/1.bmp'].map((name, i) => ({ name, bytes: greyBmp(3, 2, (x, y) => 10 * i + 3 * y + x) })),
  );
  const source = () =>
    openSource(
      (async function* () {
        yield bytes;
      })(),
      { folder: mkdtempSync(join(folder, 'source-')) },
    );

  test('predicts each image, by its name', async () => {
    const profile = await image.profile(source(), unlabelled);
    expect(profile).toMatchObject({ kind: 'image', rows: 2, target: '', columns: [] });
    expect(profile.task).toBeUndefined();
    const wanted = { profile, serving: IMAGES, include: [] };
    expect(() => expectPredictable(wanted)).not.toThrow();
    const found = await lines(source(), wanted, (input) => Buffer.from(String(input), 'base64').length);
    expect(found).toEqual(['row,image,value', '1,b/2.bmp,78', '2,a/1.bmp,78']);
  });

  test('is no batch of rows, nor the other way round', async () => {
    const images = await image.profile(source(), unlabelled);
    const table = await profileCsv(chunked('x,y\n1,2\n3,4\n'), { task: 'auto' });
    const wrong = async (profile: typeof table, serving: Serving, include: string[] = []) => {
      const asked = new Promise((resolve) => resolve(expectPredictable({ profile, serving, include })));
      const error = await asked.catch((thrown: unknown) => thrown);
      return (error as ValidationError).details;
    };
    expect(await wrong(images, SERIES)).toEqual([
      { field: 'dataset_id', message: 'must be a dataset of a table, as the model takes; got one of images' },
    ]);
    expect(await wrong(table, IMAGES)).toEqual([
      { field: 'dataset_id', message: 'must be a dataset of images, as the model takes; got one of a table' },
    ]);
    expect(await wrong(images, IMAGES, ['x'])).toMatchObject([{ field: 'include[0]' }]);
  });
});

describe('a batch of rows', () => {
  const table = (feature: Serving['features'][number]): Serving => ({
    ...{ format: 1, kind: 'table', task: 'regression', target: 'y', classes: [], features: [feature] },
  });
  const cellsOf = async (serving: Serving, csv: string) => {
    const profile = await profileCsv(chunked(csv), unlabelled);
    const wanted = { profile, serving, include: [] };
    expectPredictable(wanted);
    const cells: unknown[] = [];
    for await (const { input } of (await batchRows(openSource(chunked(csv)), wanted)).rows) cells.push(input);
    return cells.flat();
  };
  const fileOf = (cells: readonly string[]) => ['x', ...cells.map((cell) => JSON.stringify(cell))].join('\n');

  test('takes for open dates and decimals the order and the mark of the model, as a request does', async () => {
    const date = { name: 'x', type: 'timestamp', input: 'x', format: { date_order: 'day_first' } } as const;
    expect(await cellsOf(table(date), fileOf(['01/09/2024', '02/09/2024']))).toEqual([
      Date.UTC(2024, 8, 1),
      Date.UTC(2024, 8, 2),
    ]);
    const number = { name: 'x', type: 'number', input: 'x', format: { decimal: ',' } } as const;
    expect(await cellsOf(table(number), fileOf(['1,100', '2,250']))).toEqual([1.1, 2.25]);
    // A point is the decimal mark unless something says otherwise, and of numbers that were never text always.
    expect(await cellsOf(table(number), fileOf(['1.100', '2.250']))).toEqual([1.1, 2.25]);
  });

  test('keeps to how the file was read where the order of the model fits no date', async () => {
    const date = { name: 'x', type: 'timestamp', input: 'x', format: { date_order: 'month_first' } } as const;
    const days = Array.from({ length: 8 }, (_, i) => Date.UTC(2024, 4, i + 20));
    const cells = days.map((_, i) => `24/05/${i + 20}`);
    expect(await cellsOf(table(date), fileOf(cells))).toEqual(days);
  });

  test('takes what the file settles', async () => {
    const date = { name: 'x', type: 'timestamp', input: 'x', format: { date_order: 'day_first' } } as const;
    expect((await cellsOf(table(date), fileOf(['01/09/2024', '02/19/2024'])))[0]).toBe(Date.UTC(2024, 0, 9));
    const number = { name: 'x', type: 'number', input: 'x', format: { decimal: ',' } } as const;
    expect(await cellsOf(table(number), fileOf(['1,100', '2,250.5']))).toEqual([1100, 2250.5]);
  });

  test.each([
    [
      { decimal: '.', units: ['kg'] },
      ['1509 g', '800 g'],
      'must have "x" in kg, as in the model\'s data; got values in g',
    ],
    [{ decimal: '.' }, ['20 %', '30 %'], 'must have "x" without a unit, as in the model\'s data; got values in %'],
  ] as const)('has numbers in the units of the model: %#', async (format, cells, message) => {
    const serving = table({
      name: 'x',
      type: 'number',
      input: 'x',
      format: { ...format, units: [...('units' in format ? format.units : [])] },
    });
    await expect(cellsOf(serving, fileOf(cells))).rejects.toMatchObject({
      details: [{ field: 'dataset_id', message: `${message}: write them in the model's unit, or without one` }],
    });
  });

  test('counts words that were never seen, and cells that count as missing, by feature', async () => {
    const serving: Serving = {
      ...{ format: 1, kind: 'table', task: 'regression', target: 'y', classes: [] },
      features: [
        { name: 'kind', type: 'category', input: 'kind', format: { words: 'text' }, words: ['red', 'blue'] },
        { name: 'x', type: 'number', input: 'x', format: { decimal: '.' } },
        { name: 'old', type: 'category', input: 'old', format: { words: 'text' } },
      ],
    };
    const lines = Array.from({ length: 30 }, (_, i) =>
      [['red', 'green', 'NA'][i % 3], i === 7 ? 'broken' : i === 8 ? '' : i + 0.5, 'new'].join(','),
    );
    const csv = `kind,x,old\n${lines.join('\n')}\n`;
    const profile = await profileCsv(chunked(csv), unlabelled);
    const { rows, warnings } = await batchRows(openSource(chunked(csv)), { profile, serving, include: [] });
    for await (const { input } of rows) expect(input).toHaveLength(3);
    expect(warnings!()).toMatchObject([
      { code: 'unseen_values', feature: 'kind', rows: 10, first_value: 'green', first_row: 2 },
      { code: 'values_unreadable', feature: 'x', rows: 1, first_value: 'broken', first_row: 8 },
      { code: 'missing_values', feature: 'kind', rows: 10, first_value: 'NA', first_row: 3 },
      { code: 'missing_values', feature: 'x', rows: 1, first_value: '', first_row: 9 },
    ]);
  });
});
