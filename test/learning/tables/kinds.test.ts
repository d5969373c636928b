/** Spellings that people use: what columns, targets and files are read as, and what is said about them. */
import { describe, expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { previewFile } from '#learning/preview.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { chunked } from '../chunks.ts';
import { COLUMNS, many, repeated } from './columns.ts';

const profiled = (text: string, options: Partial<ProfileOptions> = {}): Promise<DatasetProfile> =>
  profileCsv(chunked(text), { task: 'auto', ...options });

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
/** A column, beside one of numbers to learn from and a target. */
const tableOf = (cells: readonly string[], name = 'x'): string =>
  `${name},n,y\n${cells.map((cell, i) => `${quoted(cell)},${(i * 7) % 5}.5,${Math.floor(i / 2) % 2 ? 'no' : 'yes'}`).join('\n')}\n`;

describe('a column of', () => {
  test.each(Object.entries(COLUMNS))('%s', async (_, [cells, { said = [], left = false, ...expected }, name = 'x']) => {
    const found = await profiled(tableOf(cells, name));
    expect(found.columns[0]).toMatchObject(expected);
    expect(found.features.includes(name)).toBe(!left);
    expect(found.left_out!.map((of) => of.name)).toEqual(left ? [name] : []);
    expect(found.warnings!.filter(({ column }) => column === name).map(({ code }) => code)).toEqual(said);
  });
});

describe('a target of', () => {
  const targeted = (cells: readonly string[], options: Partial<ProfileOptions> = {}) =>
    profiled(`n,y\n${cells.map((cell, i) => `${(i * 7) % 5}.5,${quoted(cell)}`).join('\n')}\n`, options);
  const classes = (of: DatasetProfile) => of.classes?.map(({ value, count }) => `${value} ${count}`);
  const codes = (of: DatasetProfile) => of.warnings!.map(({ code }) => code);

  test('truth words in any case has two classes, under the most frequent spellings', async () => {
    const found = await targeted([...repeated(['True', 'False'], 30), 'true', 'FALSE', 'false']);
    expect(classes(found)).toEqual(['False 17', 'True 16']);
    expect(codes(found)).toEqual(['classes_merged']);
  });

  test('words with blanks around them has as many classes as words', async () => {
    expect(classes(await targeted(repeated(['yes ', 'no', 'yes', ' no '])))).toEqual(['no 20', 'yes 20']);
  });

  test('numbers and words has a class for each', async () => {
    expect(classes(await targeted(repeated(['1', '2', '3', 'other', '1.0'])))).toEqual([
      '1 16',
      '2 8',
      '3 8',
      'other 8',
    ]);
  });

  test('codes keeps their zeros', async () => {
    expect(classes(await targeted(repeated(['01', '1', '02', '10'])))).toEqual(['01 10', '02 10', '1 10', '10 10']);
  });

  test('words leaves out the empty cell alone, unless the owner says otherwise', async () => {
    const cells = repeated(['a', 'b', 'N/A', ''], 40);
    const found = await targeted(cells);
    expect([classes(found), found.rows_without_target]).toEqual([['N/A 10', 'a 10', 'b 10'], 10]);
    expect(codes(found)).toEqual(['target_rows_left_out', 'class_like_missing']);
    const said = await targeted(cells, { parsing: { columns: { y: { missing: ['n/a'] } } } });
    expect([classes(said), said.rows_without_target]).toEqual([['a 10', 'b 10'], 20]);
  });

  test('numbers leaves out what is none, and says how many rows that are', async () => {
    const found = await targeted(many((i) => (i === 9 ? '#N/A' : i === 12 ? 'tbd' : `${i}.5`)));
    expect(found).toMatchObject({ task: 'regression', rows_without_target: 2 });
    expect(found.warnings![0]).toMatchObject({
      code: 'target_rows_left_out',
      first_value: '#N/A',
      first_row: 10,
      rows: 2,
    });
  });

  test('classes of one row each says so', async () => {
    const found = await targeted([...repeated(['a', 'b']), 'c', 'd']);
    expect(found.warnings).toMatchObject([{ code: 'rare_class', rows: 2, first_value: 'c', first_row: 41 }]);
  });

  test('words that differ in case only says so, and keeps them apart', async () => {
    const found = await targeted(repeated(['Setosa', 'setosa', 'virginica']));
    expect(classes(found)).toEqual(['Setosa 14', 'setosa 13', 'virginica 13']);
    expect(found.warnings).toMatchObject([{ code: 'case_variants', first_value: 'setosa', first_row: 2, rows: 27 }]);
  });

  test('what another column has as well says so', async () => {
    const found = await profiled(`copy,n,y\n${many((i) => `${i % 3},${i}.5,${i % 3}`).join('\n')}\n`);
    expect(found.warnings).toMatchObject([
      { code: 'equals_target', column: 'copy', overrule: { columns: { copy: { role: 'ignore' } } } },
    ]);
  });

  test('what another column says in other words says so', async () => {
    const table = (of: (i: number) => string) =>
      `code,n,y\n${many((i) => `${of(i)},${i}.5,${'abc'[i % 3]}`).join('\n')}\n`;
    const found = await profiled(table((i) => ['', '7', 'x'][i % 3]!));
    expect(found.warnings).toContainEqual(
      expect.objectContaining({ code: 'determines_target', column: 'code', first_row: 1, rows: 40 }),
    );
    for (const other of [(i: number) => (i === 39 ? '7' : ['', '7', 'x'][i % 3]!), (i: number) => 'ppq'[i % 3]!]) {
      const { warnings = [] } = await profiled(table(other));
      expect(warnings.map(({ code }) => code)).not.toContain('determines_target');
    }
  });

  test('what another column has in another unit says so, if it is a number', async () => {
    const table = (last: string) =>
      `f,n,c\n${many((i) => `${i === 39 ? last : (i * 0.7 * 9) / 5 + 32},${i % 7},${i * 0.7}`).join('\n')}\n`;
    const found = await profiled(table(String((39 * 0.7 * 9) / 5 + 32)));
    expect([found.task, found.warnings]).toMatchObject(['regression', [{ code: 'determines_target', column: 'f' }]]);
    expect((await profiled(table('3'))).warnings).toEqual([]);
  });
});

describe('a file', () => {
  const preview = (text: string, parsing = {}) =>
    previewFile(bytesInMemory(Buffer.from(text)), { parsing, task: 'auto', rows: 100 });
  const first = async (text: string, parsing = {}) => (await preview(text, parsing)).rows[0];

  test.each([
    [
      'with apostrophes at the beginning of names',
      "place,n,y\n's-Hertogenbosch,1,a\nDen Haag,2,b\n'Tis,3,a\n",
      ["'s-Hertogenbosch", 1, 'a'],
    ],
    [
      'with an apostrophe at the beginning of one name and at the end of another',
      "place,n,y\n'Tis,1,a\nJames',2,b\n",
      ["'Tis", 1, 'a'],
    ],
    ['in apostrophes', "place,n,y\n'Köln, Dom',1,a\n'Bonn',2,b\n", ['Köln, Dom', 1, 'a']],
    ['with semicolons within words', 'place;s,n,y\na;b,1,a\nc;d,2,b\ne,3,a\n', ['a;b', 1, 'a']],
    ['with tabs', 'place\tn\ty\na, b\t1\ta\nc, d\t2\tb\n', ['a, b', 1, 'a']],
    ['with bars', 'place|n|y\na, b|1,5|a\nc, d|2,5|b\n', ['a, b', 1.5, 'a']],
    [
      'with decimal commas that make as many fields as the semicolons',
      'a, m;b, m;y\n1,5;2,5;u\n3,5;4,5;v\n',
      [1.5, 2.5, 'u'],
    ],
    ['with a decimal mark that only another column settles', 'a;b;y\n1,234;1,5;u\n2,345;3,25;v\n', [1.234, 1.5, 'u']],
    ['with blanks around everything', ' place , n , y \n  a , 1 , u \n b , 2 , v \n', ['a', 1, 'u']],
  ])('%s', async (_, text, row) => {
    expect(await first(text)).toEqual(row);
  });

  test('that says what separates its cells, as spreadsheets do, is read from its second line on', async () => {
    const text = 'sep=;\r\na, b;n;y\r\n1,5;2;u\r\n3,5;4;v\r\n';
    expect(await preview(text)).toMatchObject({
      delimiter: ';',
      columns: [{ name: 'a, b' }, { name: 'n' }, { name: 'y' }],
    });
    expect(await first(text)).toEqual([1.5, 2, 'u']);
    await expect(preview('sep=;\na;b\n1;2\n3\n')).rejects.toThrow('Invalid input data');
  });

  test('with an index that has no name, as pandas writes it, leaves that out', async () => {
    const found = await profiled(`,n,y\n${many((i) => `${i},${i % 3}.5,${i % 2 ? 'a' : 'b'}`).join('\n')}\n`);
    expect(found).toMatchObject({ features: ['n'], left_out: [{ name: 'Unnamed: 0', reason: 'id' }] });
  });

  test('with inches in it is read where its owner says that nothing is a quote', async () => {
    const text = 'size,n,y\n5" pipe,1,a\n6" pipe,2,b\n';
    await expect(preview(text)).rejects.toThrow();
    expect(await first(text, { quote: 'none' })).toEqual(['5" pipe', 1, 'a']);
  });

  test('follows its owner in everything', async () => {
    const text = 'a;b;when;y\n1,234;007;05/04/2024;none\n2,345;008;06/04/2024;some\n';
    const columns = {
      b: { type: 'number' },
      when: { date_order: 'day_first' },
      y: { missing: ['none'] },
    } as const;
    expect((await preview(text, { decimal: '.', columns })).rows).toEqual([
      [1234, 7, '2024-04-05T00:00:00.000Z', null],
      [2345, 8, '2024-04-06T00:00:00.000Z', 'some'],
    ]);
  });

  test.each([
    [
      { x: { type: 'number' } },
      'columns.x.type',
      'must fit the values; got number, and "red" in row 1 is none, nor is any other value',
    ],
    [
      { x: { type: 'boolean' } },
      'columns.x.type',
      'must fit the values; got boolean, and they are not one pair of truth words such as yes and no',
    ],
    [{ x: { role: 'time' } }, 'columns.x.role', 'must be that of a column of times or numbers; column "x" is category'],
  ] as const)('of which its owner says %j is refused', async (columns, field, message) => {
    const said = profiled(tableOf(repeated(['red', 'green', 'blue'])), { parsing: { columns } });
    await expect(said).rejects.toMatchObject({ details: [{ field, message }] });
  });

  test('of groups says how its rows are split, and does not learn from the group', async () => {
    const text = `g,n,y\n${many((i) => `team ${i % 6},${i}.5,${i % 2 ? 'a' : 'b'}`).join('\n')}\n`;
    const found = await profiled(text, { parsing: { columns: { g: { role: 'group' } } } });
    expect(found).toMatchObject({ features: ['n'], left_out: [{ name: 'g', reason: 'group' }], warnings: [] });
  });

  test('that has one identifier and nothing else is learned from all the same, which is said', async () => {
    const found = await profiled(`id,y\n${many((i) => `${i},${i % 2 ? 'a' : 'b'}`).join('\n')}\n`);
    expect(found).toMatchObject({ features: ['id'], left_out: [], warnings: [{ code: 'identifier_kept' }] });
  });

  test('of four hundred columns that are all left out says the first hundred, and how many more there are', async () => {
    const names = Array.from({ length: 398 }, (_, i) => `t${i}`);
    const line = (i: number) => [...names.map((name) => `${name} is ${i}`), `${i}`, i % 2 ? 'a' : 'b'].join(',');
    const found = await profiled(`${[...names, 'n', 'y'].join(',')}\n${many(line, 52).join('\n')}\n`);
    expect(found.warnings).toHaveLength(100);
    expect(found.warnings_omitted).toBe(298);
  });
});
