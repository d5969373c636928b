/** What is said of a file, and what is not, where spelling alone does not decide. */
import { describe, expect, test } from '@jest/globals';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { chunked, faults } from '../chunks.ts';

const profiled = (text: string, options: Partial<ProfileOptions> = {}) =>
  profileCsv(chunked(text), { task: 'auto', ...options });

const tableOf = (header: string, rows: number, row: (i: number) => string) =>
  `${header}\n${Array.from({ length: rows }, (_, i) => row(i)).join('\n')}\n`;

const codesOf = async (text: string, options: Partial<ProfileOptions> = {}) =>
  (await profiled(text, options)).warnings!.map(({ code }) => code);

describe('a first row', () => {
  test.each([
    ['of numbers alone is said to look like values', '4.1,3.93,0', (i: number) => `${i}.5,${i % 7},${i % 2}`],
    ['of decimal commas as well', '"4,1","3,9",a', (i: number) => `"${i},5","${i % 7},25",${'ab'[i % 2]}`],
  ])('%s', async (_, header, row) => {
    const { warnings } = await profiled(tableOf(header, 30, row));
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'header_like_row', overrule: { header: false } }));
    const [first = ''] = header.split(',');
    const found = await profiled(tableOf(header, 30, row), { parsing: { header: false } });
    expect(found).toMatchObject({ rows: 31, header: false, columns: { 0: { name: 'column_1' } } });
    expect(found.warnings!.map(({ code }) => code)).not.toContain('header_like_row');
    expect(first).not.toBe('');
  });

  test.each([
    ['years', 'country,1990,2000,2010,y'],
    ['a running number', '0,1,2,3,y'],
    ['words', 'a,b,c,d,y'],
  ])('of %s has names', async (_, header) => {
    const row = (i: number) => `${i % 5}.5,${i},${i % 3},${i % 7},${'ab'[i % 2]}`;
    expect(await codesOf(tableOf(header, 30, row))).not.toContain('header_like_row');
  });

  test('of numbers is learned from where it has no names, also by a training', async () => {
    const text = tableOf('4.5,3', 30, (i) => `${i}.5,${i % 2}`);
    const parsing = { header: false } as const;
    const profile = await profiled(text, { parsing });
    const { rows } = await prepare(chunked(text), profile, { validationSplit: 0, seed: 1 });
    expect(rows.training).toBe(31);
    const odd = await profiled('a "b",1\nc,2\nd,2\n', { parsing: { ...parsing, quote: 'none' } });
    expect(odd).toMatchObject({ rows: 3, columns: [{ name: 'column_1' }, { name: 'column_2' }] });
    await expect(profiled('[[1,2],[3,4]]', { parsing })).rejects.toMatchObject({ details: [{ field: 'header' }] });
  });
});

test('a first row is not questioned where it was said that it has names', async () => {
  const text = tableOf('4.1,3.93,0', 30, (i) => `${i}.5,${i % 7},${i % 2}`);
  const { warnings } = await profiled(text, { parsing: { header: true } });
  expect(warnings!.map(({ code }) => code)).not.toContain('header_like_row');
});

test.each([
  ['number', (i: number) => `${i}.5,${i % 7}.25,${i * i}.75`],
  ['word', (i: number) => `${i}.5,${i % 7}.25,${'ab'[i % 2]}`],
])('a row of units is said to be one also where the target, a %s, has none', async (_, row) => {
  const { warnings } = await profiled(tableOf('weight,height,y\nkg,cm,', 30, row));
  expect(warnings).toContainEqual(
    expect.objectContaining({ code: 'row_of_words', column: 'weight', first_row: 1, first_value: 'kg' }),
  );
});

describe('a feature of numbers with the marks of footnotes that is the only one', () => {
  const marked = (every: number) =>
    tableOf('x,y', 60, (i) => `${(i * 0.317).toFixed(3)}${i % every === 0 ? '*†‡'[i % 3] : ''},${'ab'[i % 2]}`);

  test('is text, which is said, where most have one', async () => {
    const { kind, warnings } = await profiled(marked(1));
    expect(kind).toBe('text');
    expect(warnings).toContainEqual(
      expect.objectContaining({
        ...{ code: 'numbers_in_words', column: 'x', first_row: 1, first_value: '0.000*', rows: 60 },
        cost: expect.stringMatching(/^They are read as texts/),
      }),
    );
  });

  test('is text, which is said, where some have one', async () => {
    const { kind, warnings } = await profiled(marked(3));
    expect(kind).toBe('text');
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'numbers_as_words', overrule: { columns: { x: { type: 'number' } } } }),
    );
  });

  test('is nothing to speak of where it was chosen, or where it is text indeed', async () => {
    expect(await codesOf(marked(1), { parsing: { columns: { x: { type: 'text' } } } })).not.toContain(
      'numbers_in_words',
    );
    const texts = tableOf('x,y', 60, (i) => `the ${i}th text,${'ab'[i % 2]}`);
    const codes = await codesOf(texts);
    expect(codes).not.toContain('numbers_in_words');
    expect(codes).not.toContain('numbers_as_words');
  });
});

describe('a target of dates', () => {
  const text = tableOf('x,when', 80, (i) => `${i % 9},2024-0${1 + (i % 8)}-15`);

  test('is said to be classes of dates', async () => {
    expect((await profiled(text)).warnings).toContainEqual(
      expect.objectContaining({
        ...{ code: 'target_times', column: 'when', first_value: '2024-01-15', first_row: 1, rows: 80 },
        overrule: { columns: { when: { role: 'time' } } },
      }),
    );
    expect(await codesOf(tableOf('x,y', 80, (i) => `${i % 9},${'ab'[i % 2]}`))).toEqual([]);
  });

  test('is no regression, and what to do is said', async () => {
    await expect(profiled(text, { task: 'regression' })).rejects.toMatchObject({
      details: [{ field: 'target', message: expect.stringContaining('such as the days since the first of them') }],
    });
  });
});

describe('words', () => {
  const [composed, decomposed] = ['Köln'.normalize('NFC'), 'Köln'.normalize('NFD')];

  test('are one, however their accents are composed and whatever invisible they have', async () => {
    const row = (i: number) => `${i % 3 ? composed : decomposed},${i % 4 ? 'a' : '\u200ba\u00ad'},${'uv'[i % 2]}`;
    const text = tableOf('city,kind,y', 48, row);
    const profile = await profiled(text);
    expect(profile.columns.map(({ top_values, distinct }) => [distinct, top_values?.[0]])).toEqual([
      [1, { value: composed, count: 48 }],
      [1, { value: 'a', count: 48 }],
      [2, { value: 'u', count: 24 }],
    ]);
    const { preparation } = await prepare(chunked(text), profile, { validationSplit: 0, seed: 1 });
    expect(preparation.encoding.served.features).toMatchObject([{ words: [composed] }, { words: ['a'] }]);
    const classes = await profiled(tableOf('x,y', 48, (i) => `${i % 5},${['B', composed, decomposed][i % 3]}`));
    expect(classes.classes).toEqual([
      { value: composed, count: 32 },
      { value: 'B', count: 16 },
    ]);
  });

  test('that are one number in several spellings are named', async () => {
    const row = (i: number) =>
      `${['red', 'blue', 'grey', '1', '1.0', '5 kg', '5', 'black'][i % 8]},${i % 7},${'uv'[i % 2]}`;
    expect((await profiled(tableOf('kind,n,y', 48, row))).warnings).toMatchObject([
      { code: 'number_variants', column: 'kind', rows: 12, first_value: '1.0', first_row: 5 },
    ]);
    const codes = (i: number) => `${['0100', '100', '00100'][i % 3]},${i % 7},${'uv'[i % 2]}`;
    expect(await codesOf(tableOf('code,n,y', 60, codes))).not.toContain('number_variants');
  });
});

describe('postal codes', () => {
  test('that are all different are left out as identifiers, and can be kept as words', async () => {
    const row = (i: number) => `${String(i * 331).padStart(5, '0')},${i % 7},${'uv'[i % 2]}`;
    const { warnings } = await profiled(tableOf('zip,n,y', 300, row));
    expect(warnings).toMatchObject([
      {
        ...{ code: 'identifier_left_out', first_value: '00000', first_row: 1 },
        overrule: { columns: { zip: { role: 'feature', type: 'category' } } },
      },
    ]);
  });

  test('that are too many for a category are overruled by what is possible', async () => {
    const row = (i: number) => `${String((i % 1800) * 31).padStart(5, '0')},${i % 7},${'uv'[i % 2]}`;
    const text = tableOf('zip,n,y', 3600, row);
    const { warnings } = await profiled(text);
    expect(warnings).toMatchObject([{ code: 'text_left_out', message: expect.stringContaining('as codes have') }]);
    const parsing = warnings![0]!.overrule as NonNullable<ProfileOptions['parsing']>;
    expect(await codesOf(text, { parsing })).toEqual([]);
  });
});

test('a sensor that says the same word again and again is no row of units', async () => {
  const row = (i: number) => (i % 8 ? `${i}.5,${i % 7},${'uv'[i % 2]}` : `error,error,${'uv'[i % 2]}`);
  expect(await codesOf(tableOf('a,b,y', 48, row))).toEqual(['values_unreadable', 'values_unreadable']);
});

test('a -999 of few numbers is pointed out', async () => {
  const cells = [-999, 1.5, 2.5, -999, 4.5, 5.5, -999, 7.5];
  const text = tableOf('x,n,y', 8, (i) => `${cells[i]},${i % 3},${'uv'[i % 2]}`);
  expect((await profiled(text)).warnings).toMatchObject([{ code: 'sentinel_values', rows: 3, first_row: 1 }]);
});

describe('what is said of a column', () => {
  const text = tableOf('when;price;y', 8, (i) => `24/05/0${i + 1};${i}.5;${'uv'[i % 2]}`);

  test.each([
    [{ when: { date_order: 'month_first' } }, 'columns.when.date_order', '"24/05/01" in row 1'],
    [{ price: { decimal: ',' } }, 'columns.price.decimal', '"0.5" in row 1'],
    [{ price: { date_order: 'year_first' } }, 'columns.price.date_order', '"0.5" in row 1'],
  ] as const)('is refused where it fits no value: %j', async (columns, field, message) => {
    const [fault = ''] = await faults(() => profiled(text, { parsing: { columns } }));
    expect(fault).toContain(`${field}: `);
    expect(fault).toContain(message);
  });

  test('is taken where it fits, and of columns that are left out whatever it is', async () => {
    const order = { date_order: 'year_first' } as const;
    const { columns } = await profiled(text, { parsing: { columns: { when: order } } });
    expect(columns[0]).toMatchObject({ type: 'timestamp', format: order });
    const ignored = { when: { role: 'ignore', date_order: 'month_first' } } as const;
    await profiled(text, { parsing: { columns: ignored } });
  });
});
