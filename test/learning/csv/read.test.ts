import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspectCsvHead } from '#learning/csv/inspect.ts';
import { HEAD_BYTES, readCsv } from '#learning/csv/read.ts';
import { isMissing } from '#learning/values/missing.ts';
import { chunked, faults } from '../chunks.ts';

async function read(content: string | Uint8Array, chunkSize?: number) {
  const { dialect, header, rows } = await readCsv(chunked(content, chunkSize));
  const records: (readonly string[])[] = [];
  for await (const row of rows) records.push(row);
  return { ...dialect, header, records };
}

describe('reading a CSV file', () => {
  test.each([
    [',', '"', 'a,b\n1,"x,y"\n2,z\n'],
    [';', '"', 'a;b\n1;"x,y"\n2;z\n'],
    ['\t', '"', 'a\tb\n1\t"x,y"\n2\tz\n'],
    ['|', '"', 'a|b\n1|"x,y"\n2|z\n'],
    [',', "'", "a,b\n1,'x,y'\n2,z\n"],
    [';', '"', '"a";"b"\r\n1;"x,y"\r\n2;z'],
  ])('finds the delimiter %j and the quote %j', async (delimiter, quote, text) => {
    const records = [
      ['1', 'x,y'],
      ['2', 'z'],
    ];
    expect(await read(text)).toEqual({ delimiter, quote, header: ['a', 'b'], records });
  });

  test('takes a decimal comma between semicolons for part of the value', async () => {
    expect((await read('a;b\n1,5;2,5\n3,5;4,5\n')).records[0]).toEqual(['1,5', '2,5']);
  });

  test('drops a byte order mark, blanks around values and blank lines, and takes any line break', async () => {
    const { header, records } = await read('\uFEFFa, b\r\n 1 ,2\n\n3,"4 "\r5,6');
    expect(header).toEqual(['a', 'b']);
    expect(records).toEqual([
      ['1', '2'],
      ['3', '4 '],
      ['5', '6'],
    ]);
  });

  test('keeps line breaks, doubled quotes and delimiters within quotes', async () => {
    expect((await read('a,b\n"1\n2","say ""hi"", x"\n')).records).toEqual([['1\n2', 'say "hi", x']]);
  });

  test('gives back what was written, however the bytes are cut', async () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0'));
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, size) => {
          const text = [['first', 'second', 'third'], ...rows].map((row) => row.map(quoted).join(',')).join('\n');
          expect((await read(text, size)).records).toEqual(rows);
        },
      ),
      { seed: 2026, numRuns: 100 },
    );
  });

  test.each(['\n', '\r\n'])(
    'reads rows of every kind in a large file, and counts lines that end with %j',
    async (end) => {
      const kinds: readonly (readonly [text: string, cells: readonly string[]])[] = [
        ['1,2.5,red', ['1', '2.5', 'red']],
        ['-4,,light blue', ['-4', '', 'light blue']],
        [',,', ['', '', '']],
        ['"5, or so",6,"a ""b"""', ['5, or so', '6', 'a "b"']],
        [' 7 ,\t8,é', ['7', '8', 'é']],
        [`"two${end}lines",9,10`, [`two${end}lines`, '9', '10']],
        [`${end}${'x'.repeat(40)},11,12`, ['x'.repeat(40), '11', '12']],
      ];
      // In no order that repeats itself soon.
      const order = Array.from({ length: 40_000 }, (_, i) => kinds[((i * i) % 131) % kinds.length]!);
      const text = `a,b,c${end}${order.map(([row]) => row + end).join('')}`;
      expect(text.length).toBeGreaterThan(2 * HEAD_BYTES);
      const { records } = await read(text, 100_003);
      expect(records.length).toBe(order.length);
      expect(records).toEqual(order.map(([, cells]) => cells));
      const message = `row 40001 (line ${text.split(end).length}) must have 3 values`;
      expect(await faults(() => read(`${text}1,2${end}`))).toEqual([expect.stringContaining(message)]);
    },
  );
});

const bad: readonly (readonly [what: string, content: string | Uint8Array, expected: string])[] = [
  ['an empty file', '', 'file: must not be empty; got 0 bytes'],
  ['nothing but blank lines', '\n\n', 'file: must have a header and at least 1 row; got blank lines only'],
  ['a header only', 'a,b\n', 'file: must have at least 1 row after the header; got 0'],
  [
    'a row that is too short',
    'a,b,c\n1,2,3\n4,5\n',
    'file: row 2 (line 3) must have 3 values, as many as the header; got 2',
  ],
  [
    'a row that is too long',
    'a,b\n"1\n1",2\n4,5,6\n',
    'file: row 2 (line 4) must have 2 values, as many as the header; got 3',
  ],
  [
    'a column name that no row in JSON can have',
    'constructor,__proto__,y\n1,2,3\n',
    'file: column 2 of the header must have another name: no row in JSON can have "__proto__"',
  ],
  ['a column without a name', 'a,,c\n1,2,3\n', 'file: column 2 of the header must have a name; got ""'],
  ['a NUL byte', 'a,b\n1,\0\n', 'file: must not contain NUL bytes; got one at line 2 (byte 7)'],
  [
    'bytes that are not UTF-8',
    Buffer.from('a,b\nx,y\n1,caf\xe9!\n', 'latin1'),
    'file: must be UTF-8 text; got the byte 0xE9 at line 3 (byte 14)',
  ],
  [
    'a character cut off at the end',
    Buffer.from('a,b\n1,é').subarray(0, 7),
    'file: must be UTF-8 text; it ends within a character at line 2 (byte 7)',
  ],
  [
    'an Excel workbook',
    Buffer.from('PK\x03\x04\x14\0', 'latin1'),
    'file: must be CSV text in UTF-8; got a ZIP archive or an Excel workbook (by its first bytes)',
  ],
  [
    'a row that is too short below what separates cells',
    'sep=;\na;b\n1;2\n3\n',
    'file: row 2 (line 4) must have 2 values, as many as the header; got 1',
  ],
  ['JSON', '[{"a": 1, "b": 2}]', 'file: must be CSV text; got JSON (by its first characters)'],
  [
    'a page that says that you are not logged in',
    ' <!DOCTYPE html><html>,</html>',
    'file: must be CSV text; got an HTML page (by its first characters)',
  ],
  [
    'more columns than allowed',
    `${Array.from({ length: 2001 }, (_, i) => `c${i}`).join(',')}\n`,
    'file: must have between 1 and 2000 columns; got 2001',
  ],
  [
    'a quote that is never closed',
    'a,b\n1,"2\n3,4\n',
    'file: a quoted value must end with "; got the end of the file at line 3',
  ],
  [
    'a quote inside a value',
    'a,b\n1,5" pipe\n',
    'file: a value that contains " must be enclosed in quotes; got an open one at line 2',
  ],
  [
    'a cell that is too large',
    `a,b\n1,${'x'.repeat(1_048_577)}\n`,
    'file: row 1 (line 2), column 2 must be at most 1048576 bytes; got 1048577',
  ],
];

describe('refuses with the place, the bound and the value', () => {
  test.each(bad)('%s, as a stream', async (_, content, expected) => {
    for (const size of [3, 65_536].slice(content.length > 10_000 ? 1 : 0)) {
      expect(await faults(() => read(content, size))).toEqual([expected]);
    }
  });

  test.each(bad)('%s, from the whole file in hand', async (_, content, expected) => {
    expect(await faults(() => inspectCsvHead(Buffer.from(content as string), true))).toEqual([expected]);
  });
});

describe('looking at the beginning of a file', () => {
  test('does not judge a row, a character or a quote that may be cut', async () => {
    expect(await faults(() => inspectCsvHead(Buffer.from('a,b\n1,2\n3'), false))).toEqual([]);
    expect(await faults(() => inspectCsvHead(Buffer.from('a,b\n1,"2\n3'), false))).toEqual([]);
    expect(await faults(() => inspectCsvHead(Buffer.from('a,b\n1,é').subarray(0, 7), false))).toEqual([]);
  });

  test('judges the rows before', async () => {
    expect(await faults(() => inspectCsvHead(Buffer.from('a,b\n1\n3,4\n5,'), false))).toEqual([
      'file: row 1 (line 2) must have 2 values, as many as the header; got 1',
    ]);
  });
});

test('missing values are spelled in many ways, in any case', () => {
  for (const spelling of ['', 'NA', 'N/A', 'n/a', 'NaN', 'null', 'NULL', 'None', '?', '-']) {
    expect(isMissing(spelling)).toBe(true);
  }
  for (const value of ['0', 'no', 'nano', '---', '-1', 'false']) expect(isMissing(value)).toBe(false);
});
