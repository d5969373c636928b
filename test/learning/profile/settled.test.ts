/** Numbers are summarised together only as far as nothing has to be known of each of them. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { asCells, Cells } from '#learning/files/cells.ts';
import { Words } from '#learning/files/parquet-words.ts';
import { ColumnSummary } from '#learning/profile/column.ts';
import { ColumnReader } from '#learning/profile/column-reader.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { chunked } from '../chunks.ts';

const profiled = (cells: readonly string[], options: Partial<ProfileOptions> = {}): Promise<DatasetProfile> =>
  profileCsv(chunked(`x;n;y\n${cells.map((cell, i) => `${cell};${i % 5};${i % 3 ? 'u' : 'v'}`).join('\n')}\n`), {
    task: 'auto',
    target: 'y',
    ...options,
  });
const many = (count: number, cell: (i: number) => string) => Array.from({ length: count }, (_, i) => cell(i));

/** Adds the cells of a column in batches of so many rows. */
function stateOf(cells: readonly string[], size: number) {
  const reader = new ColumnReader(new ColumnSummary('x', { values: 40, characters: 1000 }), undefined);
  for (let before = 0; before < cells.length; before += size) {
    const some = cells.slice(before, before + size);
    const batch = new Cells(1);
    batch.reset(Buffer.from(some.join('')));
    let at = 0;
    for (const cell of some) {
      const place = batch.nextRow();
      batch.starts[place] = at;
      at += Buffer.byteLength(cell);
      batch.ends[place] = at;
      batch.rows++;
    }
    reader.addCells(batch, 0, before);
  }
  return reader.summary.state;
}

describe('a number that only a decimal point makes one', () => {
  test('is named, with its row, where the decimal mark is a comma, however many numbers are before it', async () => {
    const cells = many(4000, (i) => (i === 5 ? '1,5' : i === 3001 ? '12.25' : i === 3500 ? '13.25' : `${i + 1000}`));
    const { warnings } = await profiled(cells, { parsing: { decimal: ',' } });
    expect(warnings).toContainEqual(
      expect.objectContaining({
        code: 'values_unreadable',
        column: 'x',
        first_value: '12.25',
        first_row: 3002,
        rows: 2,
      }),
    );
  });
});

describe('numbers with a 0 in front', () => {
  test('are counted among many others, and the first of them is named', async () => {
    const cells = many(4000, (i) => (i === 3500 || i === 3600 ? `00${i}` : `${i + 1000}`));
    const { warnings } = await profiled(cells);
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'leading_zeros', column: 'x', first_value: '003500', first_row: 3501, rows: 2 }),
    );
  });

  test('are counted where the same ones occur again and again', async () => {
    const { warnings } = await profiled(many(400, (i) => ['007', '12', '345'][i % 3]!));
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'codes', column: 'x', first_value: '007', first_row: 1, rows: 134 }),
    );
  });
});

describe('numbers of a dictionary have the summary of the same numbers in full', () => {
  const value = fc.oneof(
    fc.integer({ min: -50, max: 5000 }),
    fc.integer({ min: 1, max: 9_999_999 }).map((n) => n / 1000),
    fc.integer({ min: 0, max: 14 }).map((n) => 10 ** n),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, 0, 7, 1e20, 1e-9, 1.234, 12.5),
  );
  const columns = fc.record({
    isReal: fc.boolean(),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 80, size: 'max' }),
    picks: fc.array(fc.option(fc.nat(10_000), { freq: 20 }), { maxLength: 400, size: 'max' }),
    cut: fc.nat(400),
  });
  test.each([[undefined], [['7', '12.5']]])('with the words for "no value" %j', (missing) => {
    fc.assert(
      fc.property(columns, ({ isReal, values: any, picks, cut }) => {
        const values = Float64Array.from(any, (one) => (isReal ? one : Math.trunc(one)));
        const make = () => new ColumnReader(new ColumnSummary('x', { values: 20, characters: 1000 }), missing);
        const [full, coded] = [make(), make()];
        const dictionary = coded.dictionaryOf(values, isReal);
        for (const [before, page] of [[0, picks.slice(0, cut)] as const, [cut, picks.slice(cut)] as const]) {
          const codes = page.flatMap((pick) => (pick === null ? [] : [pick % values.length]));
          const levels = page.map((pick) => Number(pick !== null));
          full.addNumbers({ values: Float64Array.from(codes, (code) => values[code]!), levels, isReal }, before);
          coded.addNumberCodes(dictionary, { codes, levels }, before);
        }
        coded.endDictionary(dictionary);
        expect(coded.summary.state).toEqual(full.summary.state);
      }),
      { seed: 2026, numRuns: 150 },
    );
  });
});

test('words of a dictionary have the summary of the same words in full, wherever counting them ends', () => {
  const word = fc.oneof(
    fc.constantFrom('red', ' green ', 'NA', '-', '', '7', '7.0', '1,5', '2024-05-31', 'true'),
    fc.nat(60).map(String),
  );
  const columns = fc.record({
    words: fc.uniqueArray(word, { minLength: 1, maxLength: 60, size: 'max' }),
    picks: fc.array(fc.option(fc.nat(10_000), { freq: 20 }), { maxLength: 400, size: 'max' }),
    cut: fc.nat(400),
  });
  fc.assert(
    fc.property(columns, ({ words: texts, picks, cut }) => {
      const words = Words.of(texts.map((text) => Buffer.from(text)));
      const make = () => new ColumnReader(new ColumnSummary('x', { values: 20, characters: 1000 }), undefined);
      const [full, coded] = [make(), make()];
      for (const [before, page] of [[0, picks.slice(0, cut)] as const, [cut, picks.slice(cut)] as const]) {
        const codes = page.flatMap((pick) => (pick === null ? [] : [pick % texts.length]));
        coded.addCodes(words, { codes, levels: page.map((pick) => Number(pick !== null)) }, before);
        const cells = page.map((pick) => (pick === null ? '' : texts[pick % texts.length]!));
        // Row by row, in which nothing is added together.
        for (const [i, cell] of cells.entries()) {
          for (const one of asCells({ rows: 1, text: () => cell }, 1)) full.addCells(one, 0, before + i);
        }
      }
      expect(coded.summary.state).toEqual(full.summary.state);
    }),
    { seed: 2026, numRuns: 150 },
  );
});

test('words that come again and again are counted', () => {
  const { counts, fields } = stateOf(
    many(400, (i) => ['red', `w${i}`, 'green', 'red'][i % 4]!),
    64,
  );
  expect([counts.overflowed, counts.counts.slice(0, 3), fields.present]).toEqual([true, [200, 1, 100], 400]);
});

describe('a column has the same summary in batches of any size', () => {
  test.each<[string, readonly string[]]>([
    // Numbers are counted until most values are numbers: no further.
    ['where numbers become more than words', many(400, (i) => (i > 1 && i < 60 ? `w${i}` : `${i % 2}`))],
    ['where words are counted that come again', many(400, (i) => ['red', `w${i}`, 'green', '7'][i % 4]!)],
    ['where numbers are counted and others are not', many(400, (i) => (i % 3 ? `${i % 5}` : `${i}`))],
    ['of codes', many(400, (i) => String(i % 50).padStart(4, '0'))],
    ['of truth words and numbers', many(400, (i) => ['yes', '1', 'no', '1.5'][i % 4]!)],
  ])('%s', (_, cells) => {
    const one = stateOf(cells, 1);
    for (const size of [2, 7, 64, 400]) expect(stateOf(cells, size)).toEqual(one);
  });
});

test('words of a dictionary have the summary of the same words in full, be they numbers, times or no value', () => {
  const words = ['red', 'NA', '1,5', '2024-05-31', '31.05.2024', 'blue', '12 kg', '7'];
  const codes = Array.from({ length: 400 }, (_, i) => (i * 7919) % words.length);
  const [full, coded] = [0, 1].map(() => new ColumnReader(new ColumnSummary('x'), undefined)) as [
    ColumnReader,
    ColumnReader,
  ];
  const rows = { rows: codes.length, text: (row: number) => words[codes[row]!]! };
  for (const cells of asCells(rows, 1)) full.addCells(cells, 0, 0);
  coded.addCodes(Words.of(words.map((word) => Buffer.from(word))), { codes, levels: undefined }, 0);
  expect(coded.summary.state).toEqual(full.summary.state);
});
