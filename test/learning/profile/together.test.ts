/** Cells that are read together give what they give one by one, and the same is recorded of them. */
import { describe, expect, test } from '@jest/globals';
import type { Chunk } from '#learning/columns/recorder.ts';
import { Recording } from '#learning/columns/recording.ts';
import { Cells } from '#learning/files/cells.ts';
import { newSharedMemory } from '#learning/kernels/shared-memory.ts';
import { ColumnSummary } from '#learning/profile/column.ts';
import { ColumnReader } from '#learning/profile/column-reader.ts';

/** So many rows show how the column is recorded. */
const FIRST = 10;

function fill(cells: Cells, texts: readonly string[]): void {
  cells.fill([Buffer.from(texts.join(''))]);
  let at = 0;
  for (const text of texts) {
    const row = cells.nextRow();
    cells.starts[row] = at;
    at += Buffer.byteLength(text);
    cells.ends[row] = at;
    cells.rows++;
  }
}

/** What is found in texts and recorded of them, by so many rows at a time. */
function read(texts: readonly string[], rows: number, memory?: WebAssembly.Memory) {
  const reader = new ColumnReader(new ColumnSummary('x'), undefined);
  const chunks: Chunk[] = [];
  const recording = new Recording({ groupRows: 1000, emit: (chunk) => chunks.push(structuredClone(chunk)) });
  const cells = new Cells(1, memory);
  for (let before = 0, end = FIRST; before < texts.length; before = end, end += rows) {
    fill(cells, texts.slice(before, end));
    reader.addCells(cells, 0, before);
    recording.begin(reader, { column: 0, said: {}, isTarget: false }, cells);
  }
  const recorded = [...recording.end()];
  return { state: reader.summary.state, recorded, chunks };
}

const ROWS = 9000;
const timeAt = (minute: number) => new Date(1.6e12 + 60_000 * minute).toISOString().replace('T', ' ').slice(0, 19);
const ODD = [
  '2024-02-30 00:00:00',
  '2024-02-29 24:00:00',
  '2024-02-29',
  'soon',
  '',
  '2024-02-29T00:00:00.5Z',
  'NA',
  '7',
];

const COLUMNS: Readonly<Record<string, (i: number) => string>> = {
  'times that rise': timeAt,
  'times that rise, with another mark': (i) => timeAt(i).replace(' ', 'T'),
  'times of few days': (i) => timeAt(i % 5000),
  'times of days on which some were counted': (i) => timeAt(i < 5000 ? 2 * i : 2 * (i - 5000) + (i % 7 === 0 ? 0 : 1)),
  'times before 1970': (i) => timeAt(i - 4e7),
  'times that fall': (i) => timeAt(-i),
  'times in no order': (i) => timeAt((i * 7919) % 100_003),
  'times among which are others': (i) => (i > 4000 && i % 97 === 5 ? ODD[i % ODD.length]! : timeAt(i)),
  'times whose date differs in one digit': (i) =>
    `${2000 + (i >> 11)}-0${1 + ((i >> 8) % 2)}-1${(i >> 6) % 2} 0${i % 10}:${10 + (i % 50)}:00`,
  'few words': (i) => ['red', 'green', 'blue', 'black'][(i * i) % 4]!,
  'words around eight bytes': (i) => 'abcdefghijk'.slice(0, [0, 7, 8, 9, 1, 4][(i * i) % 6]),
  'words of many lengths': (i) => 'é'.repeat(i % 5) + 'x'.repeat(i % 3),
  'more words than have a place': (i) => `w${(i * 7919) % 900}`,
  'words that are only remembered': (i) => `w${i < 3000 ? i : 1000 + (i % 1500)}`,
  'words, numbers and missing ones': (i) => ['red', '7', 'NA', 'red ', 'green', '2024-02-29'][(i * 7) % 6]!,
};

describe.each(Object.entries(COLUMNS))('%s', (_, cell) => {
  const texts = Array.from({ length: ROWS }, (__, i) => cell(i));
  const expected = read(texts, 1);

  test('are the same in pieces', () => {
    expect(read(texts, 700)).toEqual(expected);
  });

  test('and where a kernel reads them', () => {
    expect(read(texts, 5000, newSharedMemory())).toEqual(expected);
  });
});
