import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cells } from '#learning/files/cells.ts';
import { BLOCK, Kernels } from '#learning/kernels/kernels.ts';
import { allocate, newSharedMemory } from '#learning/kernels/shared-memory.ts';
import { hashOfBytes, leastHash } from '#learning/values/hash.ts';
import { readIsoTime } from '#learning/values/iso-time.ts';
import { ReadNumber, readPlainNumber } from '#learning/values/plain-number.ts';

/** With room for some rows. */
function cellsOf(text: string, columns: number): Cells {
  const cells = new Cells(columns, newSharedMemory());
  cells.fill([Buffer.from(text)]);
  cells.nextRow();
  return cells;
}

const USUAL = { at: 0, first: 0, most: 100, longest: 1000 };
const MARKS = { delimiter: 44, quote: 34 };

/** The cells that are found in rows, and what is left of the text. */
function found(text: string, columns: number, options = {}, marks: { delimiter: number; quote?: number } = MARKS) {
  const cells = cellsOf(text, columns);
  const { rows, end } = cells.kernels!.findCells(cells, { ...USUAL, ...options }, { quote: undefined, ...marks });
  const texts = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => cells.text(row, column)),
  );
  return { texts, left: cells.bytes.toString('utf8', end) };
}

/** So that the last row is not too near to the end. */
const REST = 'the rest of the file';

describe('the kernel that finds cells', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '1', '.', 'é', '😀'), maxLength: 40 });
  // Of a blank line nobody knows whether it is a row.
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 50 });

  it.each(['\n', '\r\n', '\r'])('finds those between delimiters and %j', (lineBreak) => {
    fc.assert(
      fc.property(rows, (texts) => {
        const text = texts.map((row) => row.join(',') + lineBreak).join('');
        expect(found(text + REST, 3)).toEqual({ texts, left: REST });
      }),
    );
  });

  it('goes on from a place, into another row', () => {
    const cells = cellsOf(`1,2\n3,4\n${REST}`, 2);
    const { rows, end } = cells.kernels!.findCells(cells, { ...USUAL, at: 4, first: 2 }, MARKS);
    cells.rows = 2;
    expect([rows, end, cells.text(1, 0), cells.text(1, 1)]).toEqual([1, 8, '3', '4']);
  });

  it('takes no more rows than it may', () => {
    expect(found(`1\r\n2\r\n3\r\n${REST}`, 1, { most: 2 })).toEqual({ texts: [['1'], ['2']], left: `3\r\n${REST}` });
  });

  it.each([
    ['with a quote', '"3",4\n'],
    ['with a quote within a cell', '3,4"\n'],
    ['with a blank before a cell', '3, 4\n'],
    ['with a blank behind a cell', '3 ,4\n'],
    ['with a tab behind the last cell', '3,4\t\n'],
    ['that is blank', '\n'],
    ['that is blank, with two characters', '\r\n'],
    ['with fewer cells', '3\n'],
    ['with more cells', '3,4,5\n'],
    ['with a cell that is too long', `3,${'4'.repeat(1001)}\n`],
  ])('stops before a row %s', (_, row) => {
    expect(found(`1,2\n${row}${REST}`, 2)).toEqual({ texts: [['1', '2']], left: `${row}${REST}` });
  });

  it('takes cells with blanks within, and the longest ones', () => {
    const long = '4'.repeat(1000);
    expect(found(`a b\t c,${long}\n${REST}`, 2).texts).toEqual([['a b\t c', long]]);
  });

  it('takes quotes for letters where there are none', () => {
    expect(found(`"1,2"\n${REST}`, 2, {}, { delimiter: 44 }).texts).toEqual([['"1', '2"']]);
  });

  it('finds empty cells between tabs', () => {
    const rows = [
      ['', '', ''],
      ['', 'a', ''],
    ];
    expect(found(`\t\t\n\ta\t\n${REST}`, 3, {}, { delimiter: 9, quote: 34 }).texts).toEqual(rows);
  });

  it('does not take a row whose line break may have another character', () => {
    const text = 'a,a,a,a,a,a,a,a,';
    expect(found(`${text.slice(0, -1)}\r`, 8)).toEqual({ texts: [], left: `${text.slice(0, -1)}\r` });
  });
});

/** Reads cells as the kernel does, or one after another. */
function read(texts: readonly string[], points: boolean) {
  const cells = cellsOf(texts.join(''), 1);
  let at = 0;
  for (const text of texts) {
    const row = cells.nextRow();
    cells.starts[row] = at;
    at += Buffer.byteLength(text);
    cells.ends[row] = at;
    cells.rows++;
  }
  return { ...cells.kernels!.readNumbers(cells, 0, texts.length, points), cells };
}

function expected(texts: readonly string[], points: boolean) {
  const number = new ReadNumber();
  const [values, withComma, lengths, digits]: number[][] = [[], [], [], []];
  for (const text of texts) {
    const bytes = Buffer.from(text);
    const isRead = readPlainNumber(bytes, 0, bytes.length, number);
    if (!isRead || number.leadingZero || (number.hasPoint && !points)) break;
    values!.push(number.value);
    if (!Number.isNaN(number.withComma)) withComma!.push(number.withComma);
    lengths!.push(text.length);
    if (!number.hasPoint) digits!.push(text.length);
  }
  return {
    values,
    withComma,
    longest: Math.max(0, ...lengths!),
    digits: { least: Math.min(...digits!), most: Math.max(0, ...digits!), cells: digits!.length },
  };
}

function expectSame(texts: readonly string[], points: boolean): void {
  const { values, length, withComma, commas, longest, digits } = read(texts, points);
  expect({
    values: [...values.subarray(0, length)],
    withComma: [...withComma.subarray(0, commas)],
    ...{ longest, digits },
  }).toEqual(expected(texts, points));
}

describe('the kernel that reads numbers', () => {
  const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: most });
  const number = fc
    .tuple(fc.constantFrom('', '-'), digits(9), fc.constantFrom('', '.', '.'), digits(9))
    .map((parts) => parts.join(''));
  const noise = fc.string({ unit: fc.constantFrom(...'0123456789.-/:eé '), maxLength: 18 });

  it.each([true, false])('reads what one cell after another is read as, with points: %j', (points) => {
    const cell = fc.oneof({ arbitrary: number, weight: 9 }, { arbitrary: noise, weight: 1 });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 30 }), (texts) => expectSame(texts, points)),
      { numRuns: 300 },
    );
  });

  it.each([
    ...[
      '0',
      '-0',
      '-0.0',
      '.',
      '-',
      '-.',
      '1.',
      '.5',
      '-.5',
      '00',
      '-00',
      '0.500',
      '1.234',
      '12.345',
      '123.456',
      '1234.567',
    ],
    ...['12345678', '1234567.', '.1234567', '-1234567.8', '123456789', '12345678.9', '.123456789', '99999999.99999999'],
    ...[
      '123456789012345',
      '-123456789012345',
      '1234567890123456',
      '123456789012345.',
      '.123456789012345',
      '1.23456789012345',
    ],
    ...[
      '1.2.3',
      '1.2345678.9',
      '1..2',
      '1234567.89012.',
      '--1',
      '1-',
      '+1',
      '1e5',
      '1 ',
      ' 1',
      '',
      '1٫5',
      '12345678901234567',
    ],
    ...['1/', '1:', '1\u00000', 'ÿ1', '1,5', '12345678,', ',12345678'],
  ])('reads %j as it is read by itself', (text) => {
    expectSame([text], true);
    // Beside other characters, which are none of its own.
    expectSame(['9', text, '8'], true);
  });

  it('reads a block, and nothing of what follows it', () => {
    const texts = Array.from({ length: BLOCK }, (_, i) => String(i));
    const { values, cells } = read(texts, true);
    expect(Array.from(values)).toEqual(Array.from(texts, Number));
    expect(cells.kernels!.readNumbers(cells, 10, 1, true)).toMatchObject({ length: 1, commas: 1, longest: 2 });
  });
});

describe('the kernel that finds numbers with small hashes', () => {
  const memory = newSharedMemory()!;
  const kernels = new Kernels(memory);
  const { buffer, at } = allocate(memory, (BLOCK + 1) * Float64Array.BYTES_PER_ELEMENT);
  const values = new Float64Array(buffer, at, BLOCK + 1);
  const whole = fc.integer().map((n) => n / 8);
  const number = fc.oneof(fc.double({ noNaN: true }), whole, fc.constantFrom(0, -0));

  /** The places of those whose hashes one after another are small, too. */
  function expectPlaces(numbers: readonly number[], largest: number): void {
    values.set(numbers);
    // It has a small hash, but is none of the numbers.
    values[numbers.length] = numbers.toSorted((a, b) => leastHash(a) - leastHash(b))[0]!;
    const wanted = [...numbers.keys()].filter((place) => leastHash(numbers[place]!) <= largest);
    expect([...kernels.findHashes(values, numbers.length, largest)]).toEqual(wanted);
  }

  it('finds those that one hash after another finds', () => {
    const numbers = fc.array(number, { minLength: 1, maxLength: BLOCK, size: 'max' });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 2 ** 52 - 1 }), (some, largest) => expectPlaces(some, largest)),
      { seed: 2026, numRuns: 200 },
    );
  });

  it('finds a number whose hash is the bound, and not one whose hash is above it', () => {
    for (const some of [0.5, -0, 1e300, -7]) {
      expectPlaces([some, 1, some], leastHash(some));
      expectPlaces([some, 1, some], leastHash(some) - 1);
    }
  });

  it('finds all of a block, in their order', () => {
    const numbers = Array.from({ length: BLOCK }, (_, i) => i / 4);
    expectPlaces(numbers, 2 ** 52 - 1);
    expectPlaces(numbers.slice(0, -1), 2 ** 52 - 1);
  });
});

/** The last cell lies at the end of the memory, behind which no kernel may read. */
function readTimes(texts: readonly string[]) {
  const memory = newSharedMemory()!;
  const cells = new Cells(1, memory);
  const bytes = Buffer.from(texts.join(''));
  const end = memory.grow(1) * 65_536 + 65_536;
  cells.reset(Buffer.from(memory.buffer, end - bytes.length, bytes.length));
  cells.bytes.set(bytes);
  let at = 0;
  for (const [row, text] of texts.entries()) {
    cells.starts[row] = at;
    at += Buffer.byteLength(text);
    cells.ends[row] = at;
  }
  const day = Math.floor(readIsoTime(bytes, 0, Buffer.byteLength(texts[0]!)) / 86_400_000) * 86_400_000;
  const { values, hashes, length } = cells.kernels!.readTimes(cells, 0, texts.length, { start: 0, day });
  return { values: [...values.subarray(0, length)], hashes: [...hashes.subarray(0, length)] };
}

function expectTimes(texts: readonly string[], count: number): void {
  const bytes = texts.slice(0, count).map((text) => Buffer.from(text));
  expect(readTimes(texts)).toEqual({
    values: bytes.map((one) => readIsoTime(one, 0, one.length)),
    hashes: bytes.map((one) => hashOfBytes(one, 0, one.length)),
  });
}

describe('the kernel that reads times', () => {
  const number = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
  const clock = fc.tuple(number(23), number(59), number(59)).map((parts) => parts.join(':'));

  it.each(['2024-02-29 ', '1969-12-31T', '0100-01-01 '])('reads times of %s', (date) => {
    fc.assert(
      fc.property(fc.array(clock, { minLength: 1, maxLength: 30 }), (clocks) => {
        const texts = clocks.map((one) => date + one);
        expectTimes(texts, texts.length);
      }),
    );
  });

  it.each([
    ...['2024-02-28 07:30:00', '2024-02-30 07:30:00', '2024-03-29 07:30:00', '2025-02-29 07:30:00'],
    ...['1024-02-29 07:30:00', '2024-02-29T07:30:00', '2024-02-29', '2024-02-29 07:30:00Z', '2024-02-29 7:30:000', ''],
    ...['2024-02-29 24:00:00', '2024-02-29 07:60:00', '2024-02-29 07:30:60', '2024-02-29 07-30:00'],
    ...[
      '2024-02-29 07:30;00',
      '2024-02-29 07:3::00',
      '2024-02-29 07:30:0/',
      '2024-02-29 ÿ:30:00',
      '2024-02-29 07:30:é',
    ],
  ])('stops before %j', (text) => {
    expectTimes(['2024-02-29 07:30:00', text, '2024-02-29 07:30:00'], 1);
  });

  it.each(['\u0000', '/', ':', 'a', 'p', '\u007f'])('stops before a clock with %j for any digit', (character) => {
    const time = '2024-02-29 01:01:01';
    for (const at of [11, 12, 14, 15, 17, 18]) {
      expectTimes([time, time.slice(0, at) + character + time.slice(at + 1)], 1);
    }
  });

  it('takes no more cells than it may', () => {
    const cells = cellsOf('2024-02-29 07:30:00', 1);
    cells.ends[0] = 19;
    const { length } = cells.kernels!.readTimes(cells, 0, 0, { start: 0, day: 0 });
    expect(length).toBe(0);
  });
});
