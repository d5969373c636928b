/** Adds the columns of a Parquet file to a profile, mostly without making text of their values. */
import { Cells } from '../files/cells.ts';
import type { StreamedColumn } from '../files/parquet-columns.ts';
import { typedPages } from '../files/parquet-typed.ts';
import type { Words } from '../files/parquet-words.ts';
import type { ColumnReader } from './column-reader.ts';
import type { DictionaryNumbers } from './dictionary-numbers.ts';

/** Adds the column of a row group that comes after `before` rows. */
export function addParquet(reader: ColumnReader, column: StreamedColumn, before: number): void {
  const isReal = column.kind.name === 'real';
  let row = before;
  let dictionary: { readonly of: Float64Array; readonly numbers: DictionaryNumbers } | undefined;
  for (const typed of typedPages(column)) {
    const { levels, rows, codes } = typed;
    if (typed.numbers && codes) {
      const { numbers: of } = typed;
      if (dictionary?.of !== of) {
        if (dictionary) reader.endDictionary(dictionary.numbers);
        dictionary = { of, numbers: reader.dictionaryOf(of, isReal) };
      }
      reader.addNumberCodes(dictionary.numbers, { codes, levels }, row);
    } else if (typed.numbers) reader.addNumbers({ values: typed.numbers, levels, isReal }, row);
    else if (codes) reader.addCodes(typed.texts, { codes, levels }, row);
    else for (const { cells, first } of cellsOf(typed.texts, levels, rows)) reader.addCells(cells, 0, row + first);
    row += rows;
  }
  if (dictionary) reader.endDictionary(dictionary.numbers);
}

/** How many rows are made into cells together. */
const ROWS = 8192;

function* cellsOf(
  { bytes, starts, ends }: Words,
  levels: ArrayLike<number> | undefined,
  rows: number,
): Generator<{ readonly cells: Cells; readonly first: number }> {
  const cells = new Cells(1);
  let value = 0;
  for (let first = 0; first < rows; first += ROWS) {
    cells.reset(bytes);
    for (let row = first; row < Math.min(rows, first + ROWS); row++) {
      const at = cells.nextRow();
      const hasValue = levels === undefined || levels[row] === 1;
      cells.starts[at] = hasValue ? starts[value]! : 0;
      cells.ends[at] = hasValue ? ends[value]! : 0;
      if (hasValue) value++;
      cells.rows++;
    }
    yield { cells, first };
  }
}
