/** Words of a column that follow one another, all of which is known by their entries: they are added together. */
import type { ColumnCells } from '../columns/recorder.ts';
import { BLOCK } from '../kernels/kernels.ts';
import { hashOfBytes } from '../values/hash.ts';
import type { ColumnSummary } from './column.ts';
import type { KnownCell } from './known-cell.ts';

export class WordBlock {
  /** Among the counted and the remembered words. */
  readonly entries = new Int32Array(BLOCK);
  length = 0;

  /**
   * Takes words from a row on.
   * @param known what is known of them, by their entries
   */
  takeCells(
    { cells, column, row: from }: ColumnCells,
    { counts }: Pick<ColumnSummary, 'counts'>,
    known: readonly (KnownCell | undefined)[],
  ): void {
    const { bytes, columns, rows, starts, ends } = cells;
    this.length = 0;
    const last = Math.min(rows, from + BLOCK);
    for (let row = from, at = from * columns + column; row < last; row++, at += columns) {
      const [start, end] = [starts[at]!, ends[at]!];
      const entry = counts.find(bytes, start, end, hashOfBytes(bytes, start, end));
      if (entry < 0 || !known[entry]?.isWord) return;
      this.entries[this.length++] = entry;
    }
  }
}
