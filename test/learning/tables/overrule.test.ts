/** Each warning says what it is about, and a request that decides otherwise; or the document says why not. */
import { describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { chunked } from '../chunks.ts';
import { COLUMNS, many, repeated } from './columns.ts';
import { EXPORTS } from './exports.ts';

const profiled = (text: string, options: Partial<ProfileOptions> = {}): Promise<DatasetProfile> =>
  profileCsv(chunked(text), { task: 'auto', ...options });

const tableOf = (cells: readonly string[], name = 'x'): string =>
  `${name},n,y\n${cells.map((cell, i) => `"${cell.replaceAll('"', '""')}",${(i * 7) % 5}.5,${i % 4 < 2 ? 'no' : 'yes'}`).join('\n')}\n`;

/** Those of the file itself, of cells without anything, and of the target's spelling: see docs/datasets.md. */
const CANNOT = ['lines_before_header', 'row_of_words', 'totals_row', 'target_rows_left_out'];
const WITHOUT_VALUE = ['delimiter_ambiguous'];

test.each([
  ...Object.values(COLUMNS).map(([cells, { said = [] }, name]) => [`${said}`, tableOf(cells, name)] as const),
  ...Object.values(EXPORTS).map(({ said, text }) => [`${said}`, text] as const),
])('what is said of a table says its first value, and how to overrule it: %s', async (_, text) => {
  for (const { code, column, first_value, overrule } of (await profiled(text)).warnings!) {
    if (!CANNOT.includes(code)) expect([code, overrule]).not.toEqual([code, null]);
    const isEmpty = code === 'text_left_out' && ['Unnamed: 3', 'x'].includes(column!);
    if (!WITHOUT_VALUE.includes(code) && !isEmpty) expect([code, first_value]).not.toEqual([code, null]);
  }
});

/** The columns of the table as they are read once its first warning of that code is overruled. */
async function overruled(text: string, code: string): Promise<DatasetProfile> {
  const { warnings = [] } = await profiled(text);
  const { overrule } = warnings.find((one) => one.code === code)!;
  return profiled(text, { parsing: overrule as NonNullable<ProfileOptions['parsing']> });
}

describe('overruled', () => {
  test('-999 is missing, however it is written, and so are the words that were missing before', async () => {
    const cells = many((i) =>
      i % 10 === 3 ? ['-999', '-999.0'][i % 4 === 1 ? 0 : 1]! : i === 5 ? 'NA' : `${i % 30}.5`,
    );
    const found = await profiled(tableOf(cells));
    expect(found.columns[0]).toMatchObject({ type: 'number', min: -999, missing: 1 });
    const warning = found.warnings!.find(({ code }) => code === 'sentinel_values');
    expect(warning).toMatchObject({ column: 'x', first_value: '-999', first_row: 4, rows: 6 });
    const { columns, warnings } = await overruled(tableOf(cells), 'sentinel_values');
    expect(columns[0]).toMatchObject({ type: 'number', min: 0.5, missing: 7, unreadable: 0 });
    expect(warnings!.map(({ code }) => code)).toEqual(['missing_words']);
  });

  test('of a long column, -999 is found by its share, and its first row among numbers read together', async () => {
    const cells = many((i) => (i % 500 === 499 ? '-999' : `${((i * 7919) % 10_007) / 16}`), 9000);
    expect((await profiled(tableOf(cells))).warnings).toMatchObject([
      { code: 'sentinel_values', first_value: '-999', first_row: 500, rows: 18 },
    ]);
  });

  test('the year of two digits stands at the end', async () => {
    const cells = many((i) => `24/05/${String((i % 28) + 1).padStart(2, '0')}`);
    const { columns, warnings } = await overruled(tableOf(cells), 'date_order_ambiguous');
    expect(columns[0]).toMatchObject({ type: 'timestamp', min: Date.UTC(2001, 4, 24), max: Date.UTC(2028, 4, 24) });
    expect(warnings).toEqual([]);
  });

  test('it stands in front where other columns settle that', async () => {
    const text = `a,b,y\n${many((i) => `24/05/31,99/12/${10 + (i % 20)},${i % 2}`).join('\n')}\n`;
    expect((await profiled(text)).columns.slice(0, 2).map(({ format }) => format!.date_order)).toEqual([
      'year_first',
      'year_first',
    ]);
  });

  test('classes of one row each are left out', async () => {
    const text = `n,y\n${[...repeated(['a', 'b']), 'c'].map((word, i) => `${i}.5,${word}`).join('\n')}\n`;
    const { classes, rows_without_target } = await overruled(text, 'rare_class');
    expect([classes!.map(({ value }) => value), rows_without_target]).toEqual([['a', 'b'], 1]);
  });
});

describe('columns of the same name', () => {
  const columnData = ['a', 'a', 'y'].map((name, column) => ({
    name,
    data: many((i) => (column === 2 ? (i % 2 ? 'u' : 'v') : `${100 * column + (i % 7)}.5`)),
  }));

  test('are told apart in Parquet', async () => {
    const file = bytesInMemory(Buffer.from(parquetWriteBuffer({ columnData })));
    const { columns, warnings } = await profileCsv(file, { task: 'auto' });
    expect(columns.map(({ name, min }) => [name, min])).toEqual([
      ['a', 0.5],
      ['a.1', 100.5],
      ['y', undefined],
    ]);
    expect(warnings).toMatchObject([{ code: 'column_renamed', column: 'a.1', first_value: '100.5', rows: 60 }]);
  });

  test('are told apart in arrays of JSON', async () => {
    const rows = many((i) => `[${i % 7}.5,${100 + (i % 7)}.5,"${i % 2 ? 'u' : 'v'}"]`);
    const { columns } = await profiled(`["a","a","y"]\n${rows.join('\n')}\n`);
    expect(columns.map(({ name, min }) => [name, min])).toEqual([
      ['a', 0.5],
      ['a.1', 100.5],
      ['y', undefined],
    ]);
  });

  test('are refused where a name becomes too long', async () => {
    const name = 'a'.repeat(255);
    await expect(profiled(`${name},${name},y\n1,2,u\n3,4,v\n`)).rejects.toMatchObject({
      details: [
        { field: 'file', message: expect.stringContaining('must be a name of at most 256 characters; got 257') },
      ],
    });
  });
});
