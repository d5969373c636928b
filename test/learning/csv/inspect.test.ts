import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { inspectCsvHead } from '#learning/csv/inspect.ts';
import { parseOptions } from '#learning/csv/parse-options.ts';
import { firstRows } from '#learning/files/batch.ts';

const CELLS = [
  'a',
  '1',
  '2.5',
  'é',
  ' x ',
  '"a,b"',
  '" q ""z"" "',
  '""',
  '',
  '"l\nm"',
  "o'c",
  '\u00a0n',
  'v\u000b',
  ' ',
];

test.each([true, false])('finds the rows that the parser finds, with a header: %s', (header) => {
  const cells = fc.array(fc.constantFrom(...CELLS), { minLength: 2, maxLength: 2 });
  const table = fc.record({
    rows: fc.array(cells, { minLength: 1, maxLength: 8 }),
    end: fc.constantFrom('\n', '\r\n', '\r'),
    columns: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(table, ({ rows, end, columns }) => {
      const text = [['k', 'l'], ...rows].map((row) => row.slice(0, columns).join(',')).join(end);
      const given = { delimiter: ',', quote: '"', ...(header ? {} : { header }) } as const;
      const wanted: string[][] = parse(
        text,
        parseOptions(given, () => {}, header),
      );
      fc.pre(wanted.length > 1);
      const found = inspectCsvHead(Buffer.from(text), true, given)!;
      expect(found.header).toEqual(header ? wanted[0] : wanted[0]!.map((_, i) => `column_${i + 1}`));
      expect(firstRows(found.batch, found.header.length)).toEqual(header ? wanted.slice(1) : wanted);
    }),
  );
});
