/** Records the columns that a thread reads, from the first row on. */

import type { Cells } from '../files/cells.ts';
import type { ColumnReader } from '../profile/column-reader.ts';
import { conventionsOf, decide, type Saying } from '../profile/decide.ts';
import type { Recorded } from './layout.ts';
import { type Chunk, ColumnRecorder } from './recorder.ts';

/** Of a target, so many values are numbers and no classes. */
const MOST_CLASSES = 1000;

/** What is known of a column before it is read. */
export interface RecordedColumn {
  readonly column: number;
  readonly said: Saying;
  readonly isTarget: boolean;
}

export interface RecordingOptions {
  readonly groupRows: number;
  readonly emit: (chunk: Chunk) => void;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #readers = new Map<number, ColumnReader>();

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  get groupRows(): number {
    return this.#options.groupRows;
  }

  /** Begins with the first cells of the table, after a reader has read them: they show what the column is. */
  begin(reader: ColumnReader, of: RecordedColumn, cells: Cells): void {
    if (reader.recorder) return;
    const recorder = new ColumnRecorder(likely(reader, of), { ...this.#options, column: of.column });
    recorder.addCells({ cells, column: of.column, row: 0 }, cells.rows);
    reader.recorder = recorder;
    this.#readers.set(of.column, reader);
  }

  /** After all rows: how each column was recorded. */
  end(): Map<number, Recorded> {
    const found = new Map<number, Recorded>();
    for (const [column, { recorder }] of this.#readers) {
      recorder!.end();
      found.set(column, recorder!.recorded);
    }
    return found;
  }
}

/** If it turns out to be something else, it cannot be used. */
function likely({ summary }: ColumnReader, { said, isTarget }: RecordedColumn): Recorded {
  const { type, format } = decide(summary, said, conventionsOf([summary]));
  const isRead = said.role === 'group' || said.role === 'label';
  const mayBeWords = isRead || (isTarget && summary.distinct <= MOST_CLASSES);
  if ((type === 'number' || type === 'timestamp') && !mayBeWords) return { as: 'numbers', type, format };
  return { as: 'words' };
}
