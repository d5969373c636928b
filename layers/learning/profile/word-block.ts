/** Words of a column that follow one another, all of which is known by their entries: they are added together. */
import type { ColumnCells } from '../columns/recorder.ts';
import { BLOCK } from '../kernels/kernels.ts';
import { hashOfBytes } from '../values/hash.ts';
import type { ColumnSummary } from './column.ts';
import type { KnownCell } from './known-cell.ts';
import type { ShortWords } from './short-words.ts';

export class WordBlock {
  /** Among the counted and the remembered words. */
  readonly entries = new Int32Array(BLOCK);
  length = 0;

  /**
   * Takes words from a row on.
   * @param known what is known of them, by their entries
   * @param short those of this column, all of which is known
   */
  takeCells(
    { cells, column, row: from }: ColumnCells,
    { counts }: Pick<ColumnSummary, 'counts'>,
    known: readonly (KnownCell | undefined)[],
    short: ShortWords,
  ): void {
    const { bytes, columns, rows, starts, ends } = cells;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { entries } = this;
    const most = Math.min(rows - from, BLOCK);
    let length = 0;
    for (let at = from * columns + column; length < most; at += columns) {
      const [start, end] = [starts[at]!, ends[at]!];
      let entry = short.find(view, start, end);
      if (entry < 0) {
        entry = counts.find(bytes, start, end, hashOfBytes(bytes, start, end));
        if (entry < 0 || !known[entry]?.isWord) break;
        short.add(view, start, end, entry);
      }
      entries[length++] = entry;
    }
    this.length = length;
  }
}
