import { describe, expect, test } from '@jest/globals';
import { batchRows } from '#learning/batch/rows.ts';
import { kindFor } from '#learning/kinds.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { withWarningsFor } from '#learning/read-warnings.ts';
import type { Serving } from '#learning/serving/description.ts';
import { openSource } from '#learning/source.ts';
import { textColumn } from '#learning/text/encoding.ts';
import { text } from '#learning/text/kind.ts';
import { families } from '#zoo/registry.ts';
import { chunked } from '../chunks.ts';
import { writers } from '../files/written.ts';
import { resident } from '../tables.ts';

const ROWS = Array.from(
  { length: 120 },
  (_, i) => `"the ${i}th ${i % 2 ? 'red' : 'blue'} text",${i},${i % 2 ? 'a' : 'b'}`,
);
const MIXED = ['said,n,y', ...ROWS].join('\n');
const TEXTS = ['said,y', ...ROWS.map((row) => row.replace(/,\d+,/, ','))].join('\n');
const profiled = (csv: string, parsing = {}) => profileCsv(chunked(csv), { task: 'auto', target: 'y', parsing });
const options = { validationSplit: 0.25, testSplit: 0.25, seed: 1, wanted: { text: { words: 4 } } };

describe('a table with one column of text', () => {
  test('and nothing else to learn from is texts, which only models of texts take', async () => {
    const profile = await profiled(TEXTS);
    expect(profile).toMatchObject({ kind: 'text', features: ['said'], left_out: [] });
    expect(profile.warnings!.map(({ code }) => code)).not.toContain('text_left_out');
    const takers = Object.values(families).filter((family) => kindFor(family, profile));
    expect(takers.map(({ name }) => name)).toEqual(['compact-text']);
  });

  test('may be the only column where there is nothing to learn, only texts to predict', async () => {
    const csv = ['said', ...ROWS.map((row) => row.split(',')[0])].join('\n');
    const profile = await profileCsv(chunked(csv), { task: 'auto', parsing: { unlabelled: true } });
    expect(profile).toMatchObject({ kind: 'text', rows: 120, features: ['said'] });
    expect([profile.target, profile.task]).toEqual(['', undefined]);
    await expect(profileCsv(chunked(csv), { task: 'auto', parsing: {} })).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringMatching(/a feature and the target at least; got 1/) }],
    });
  });

  test('beside other features is a table, of which models of texts take the text', async () => {
    const profile = await profiled(MIXED, { columns: { n: { role: 'feature' } } });
    expect(profile.kind).toBeUndefined();
    expect(profile.features).toEqual(['n']);
    expect(kindFor({ kinds: ['text'] }, profile)).toBe(text);
    const { preparation } = await text.prepare(openSource(chunked(MIXED)), profile, options);
    expect(preparation.encoding.leftOut).toEqual(['n']);
    const codes = (family: Parameters<typeof withWarningsFor>[0]) =>
      withWarningsFor(family, profile).warnings!.map(({ code }) => code);
    expect(codes({ kinds: ['table'] })).toContain('text_left_out');
    expect(codes({ kinds: ['text'] })).not.toContain('text_left_out');
    expect(codes({ kinds: ['table'] })).not.toContain('features_left_out');
    const { warnings } = withWarningsFor({ kinds: ['text'] }, profile);
    expect(warnings![0]).toMatchObject({ code: 'features_left_out', column: 'n', rows: 120 });
  });

  test('is none in a request where it means "no value" in the data', async () => {
    const serving = async (parsing = {}): Promise<Serving> => {
      const profile = await profiled(TEXTS, parsing);
      const { preparation } = await text.prepare(openSource(chunked(TEXTS)), profile, options);
      const { encoding, task, classes } = preparation;
      return { format: 1, task, target: 'y', ...encoding.served, classes: [...classes] };
    };
    const usual = await serving();
    await expect(async () => text.tensors(usual, [['NA']])).rejects.toMatchObject({
      details: [{ field: 'inputs[0]', message: expect.stringContaining('"NA", which means "no value"') }],
    });
    expect(() => text.pieces!(usual, ['some text', 'null'])).toThrow();
    await text.tensors(await serving({ missing: [] }), ['NA']);
    // A batch leaves its answer empty, whatever its own file says.
    const csv = 'said,y\n"some text",a\nNA,b\n';
    const profile = await profiled(csv, { missing: [], columns: { said: { type: 'text' } } });
    const { rows, warnings } = await batchRows(openSource(chunked(csv)), { profile, serving: usual, include: [] });
    const inputs: unknown[] = [];
    for await (const { input } of rows) inputs.push(input);
    expect(inputs).toEqual([['some text'], undefined]);
    expect(warnings!()).toEqual([]);
  });

  test('is encoded and split row by row, and a text of a request as one of the file', async () => {
    const profile = await profiled(TEXTS);
    const { preparation, data, rows } = await text.prepare(openSource(chunked(TEXTS)), profile, options);
    expect(rows).toEqual({ training: 60, validation: 30, test: 30 });
    const { encoding, classes } = preparation;
    const serving: Serving = {
      format: 1,
      task: 'classification',
      target: 'y',
      classes: [...classes],
      ...encoding.served,
    };
    const inputs = Array.from({ length: 120 }, (_, i) => ({ said: `the ${i}th ${i % 2 ? 'red' : 'blue'} text` }));
    const { buckets } = await text.tensors(serving, inputs);
    const known = new Map(inputs.map((_, i) => [JSON.stringify(rowOf(buckets!.data, i, buckets!.shape[1]!)), i]));
    const { buckets: learned, y } = resident(data.training);
    const places = Array.from({ length: 60 }, (_, i) =>
      known.get(JSON.stringify(rowOf(learned!.data, i, learned!.shape[1]!))),
    );
    expect(places).not.toContain(undefined);
    expect(new Set(places).size).toBe(60);
    expect(Array.from(y!.data as Int32Array)).toEqual(places.map((i) => classes.indexOf(i! % 2 ? 'a' : 'b')));
  });

  test('is learned from without the rows that have no text, which a warning counts', async () => {
    const at = (i: number, row: string) => (i === 6 ? `,${i},b` : i === 9 ? `"NA",${i},a` : row);
    const csv = ['said,n,y', ...ROWS.map((row, i) => at(i, row))].join('\n');
    const profile = await profiled(csv, { columns: { n: { role: 'time', type: 'number' } } });
    const { data, rows, warnings } = await text.prepare(openSource(chunked(csv)), profile, {
      ...{ ...options, testSplit: 0, validationSplit: 0.5, wanted: { text: { words: 2 } } },
    });
    expect(rows).toEqual({ training: 59, validation: 59, test: 0 });
    const [first, second] = [resident(data.training), resident(data.validation!)];
    const classes = [first, second].flatMap(({ y }) => Array.from(y!.data as Int32Array));
    const kept = Array.from({ length: 120 }, (_, i) => i).filter((i) => i !== 6 && i !== 9);
    expect(classes).toEqual(kept.map((i) => (i % 2 ? 0 : 1)));
    expect(
      Array.from(first.buckets!.data as Int32Array).filter((_, i) => i % first.buckets!.shape[1]! === 0),
    ).not.toContain(0);
    expect(warnings).toMatchObject([
      { code: 'text_rows_left_out', column: 'said', rows: 2, first_row: 7, first_value: '', overrule: null },
    ]);
  });

  test('is learned from in a Parquet file as in CSV, with the label of its own row', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const word = i % 2 ? 'red' : 'blue';
      return [i % 5 ? `the ${i}th ${word} text` : null, i % 2 ? 'a' : 'b'];
    });
    const parsing = { columns: { said: { type: 'text' } } } as const;
    const [csv, parquet] = await Promise.all(
      (['csv', 'parquet'] as const).map(async (format) => {
        const source = () => openSource(chunked(writers[format]({ header: ['said', 'y'], rows })));
        const profile = await text.profile(source(), { task: 'auto', target: 'y', parsing });
        const { data } = await text.prepare(source(), profile, { ...options, testSplit: 0 });
        return resident(data.training);
      }),
    );
    expect(csv!.y!.shape).toEqual([36]);
    expect(parquet).toEqual(csv);
  });

  test('has in a batch no answer for rows without text', async () => {
    const csv = 'said,y\n"some text",a\n,a\nNA,b\n"other text",b\n';
    const profile = await profiled(csv, { columns: { said: { type: 'text' } } });
    const features: Serving['features'] = [{ name: 'said', type: 'category', input: 'text', format: { missing: [] } }];
    const serving: Serving = {
      format: 1,
      kind: 'text',
      task: 'classification',
      target: 'y',
      classes: [],
      features,
    };
    const inputs: unknown[] = [];
    const { rows } = await batchRows(openSource(chunked(csv)), { profile, serving, include: [] });
    for await (const { input } of rows) inputs.push(input);
    expect(inputs).toEqual([['some text'], undefined, undefined, ['other text']]);
  });

  test('is not one of texts where there are two such columns', async () => {
    const two = ['one,two,y', ...ROWS.map((row) => row.replace(/^(".*?"),\d+/, '$1,$1'))].join('\n');
    const refused = profiled(two);
    await expect(refused).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringContaining('or 1 of text; got 2, all text') }],
    });
    expect(textColumn({ ...(await profiled(TEXTS)), columns: [] })).toBeUndefined();
  });

  test.each([
    ['a number', [3] as const, 'must be a text of 1 to 1048576 bytes, alone, in a list or as said; got 3'],
    ['another column', { other: 'x' }, 'as said; got an object without "said" or "text"'],
    ['more than its column', { said: 'x', other: 'y' }, 'as said; got an object of 2 values'],
    ['no column', {}, 'as said; got an empty object'],
    ['two texts', ['a', 'b'] as const, 'as said; got an array of 2'],
    ['an empty list', [] as const, 'as said; got an array of 0'],
    ['null', [null] as const, 'as said; got null'],
    ['nothing', [''] as const, 'got ""'],
  ])('refuses in a prediction %s', async (_, input, message) => {
    const { preparation } = await text.prepare(openSource(chunked(TEXTS)), await profiled(TEXTS), options);
    const serving: Serving = {
      format: 1,
      task: 'classification',
      target: 'y',
      classes: [],
      ...preparation.encoding.served,
    };
    await expect(text.tensors(serving, [input])).rejects.toMatchObject({
      details: [{ field: 'inputs[0]', message: expect.stringContaining(message) }],
    });
  });
});

const rowOf = (data: unknown, row: number, width: number): number[] =>
  Array.from((data as Int32Array).subarray(row * width, (row + 1) * width));
