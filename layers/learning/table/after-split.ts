/** Finds times among the features that a row to learn from cannot have known: they are later than the split. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { choose, warning } from '../profile/warn.ts';
import type { Rows, SplitBy } from './columns.ts';
import type { Split } from './split.ts';

interface Late {
  rows: number;
  readonly first: number;
  /** From 0. */
  readonly row: number;
}

/** Takes rows in pieces. Only a split by times, and with rows kept back, has a future. */
export class AfterSplit {
  readonly #boundary: number;
  readonly #late = new Map<string, Late>();
  /** Whether the rows are all those of the file. */
  readonly #areAll: boolean;

  /** @param areAll whether rows without a target are among the rows, as those of series are */
  constructor(
    { columns, rows_without_target }: DatasetProfile,
    splitBy: SplitBy | undefined,
    { training, validation, test }: Split,
    areAll = false,
  ) {
    this.#areAll = areAll || rows_without_target === 0;
    const isTime = columns.some(({ role, type }) => role === 'time' && type === 'timestamp');
    this.#boundary =
      isTime && splitBy?.by === 'time' && validation.length + test.length > 0
        ? training.reduce((latest, row) => Math.max(latest, splitBy.values[row] || Number.NEGATIVE_INFINITY), -Infinity)
        : Number.POSITIVE_INFINITY;
  }

  /**
   * @param training the rows to learn from
   * @param before how many rows there are before those of this piece
   */
  take({ columns }: Pick<Rows, 'columns'>, training: Int32Array, before = 0): void {
    if (!Number.isFinite(this.#boundary)) return;
    for (const { name, type, values } of columns) {
      if (type !== 'timestamp') continue;
      for (const row of training) {
        const value = values[row]!;
        if (!(value > this.#boundary)) continue;
        const known = this.#late.get(name);
        if (known) known.rows++;
        else this.#late.set(name, { rows: 1, first: value, row: before + row });
      }
    }
  }

  get warnings(): DatasetWarning[] {
    return [...this.#late].map(([column, { rows, first, row }]) => ({
      ...warning({
        code: 'after_split',
        column,
        rows,
        message: `In ${rows} rows to learn from, it is later than ${new Date(this.#boundary).toISOString()}, where the rows that are kept back begin`,
        cost: 'What was not known at that time is learned from: scores are better than they will be',
        overrule: choose(column, { role: 'ignore' }),
      }),
      first_value: new Date(first).toISOString(),
      first_row: this.#areAll ? row + 1 : null,
    }));
  }
}
