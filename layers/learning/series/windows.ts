/**
 * Windows of consecutive rows of a series, and the row whose target each of them is asked for:
 *
 *     rows of a series   a b c d e f        steps 3, horizon 1
 *     windows            a b c → d          b c d → e          c d e → f
 */

import { shown } from '../csv/fault.ts';
import { TrainingFailure } from '../failure.ts';
import type { Rows } from '../table/columns.ts';

export interface WindowSpec {
  /** Rows of a window. */
  readonly steps: number;
  /** How many rows after the last one of the window the target is. */
  readonly horizon: number;
}

export interface Windows {
  readonly count: number;
  /** The rows of all series, each series in its order, one after another. */
  readonly order: Int32Array;
  /** Where each window begins in `order`. */
  readonly starts: Int32Array;
  /** The row that has its target. */
  readonly targets: Int32Array;
  /** The series of each window, from 0. */
  readonly series: Int32Array;
}

/**
 * Rows of one group are a series, in the order of their times, or of the file where there are none. Without a column of
 * groups, all rows are one. Where there is one, a row without a group is of no series: the dataset warns of it.
 * @param hasTarget whether a row has a target: only those are asked for
 * @throws TrainingFailure naming a series that is shorter than a window and its horizon
 */
export function windowsOf(
  rows: Pick<Rows, 'count' | 'group' | 'time'>,
  { steps, horizon }: WindowSpec,
  hasTarget: (row: number) => boolean = () => true,
): Windows {
  const groupOf = (row: number): number => rows.group?.values[row] ?? 0;
  const all = Int32Array.from({ length: rows.count }, (_, row) => row).filter((row) => groupOf(row) >= 0);
  // Of a series without any target, nothing is asked.
  const members = [...Map.groupBy(all, groupOf).values()]
    .filter((series) => series.some(hasTarget))
    .map((series) => inTime(series, rows));
  const needed = steps + horizon;
  const short = members.find(({ length }) => length < needed);
  if (short) {
    const name = rows.group && (rows.group.words[rows.group.values[short[0]!]!] ?? '');
    const which = name === undefined ? 'the series has' : `series ${shown(name)} has`;
    const parts = horizon === 0 ? 'window' : 'window and horizon together';
    throw new TrainingFailure(
      `${parts} must be at most as long as each series: ${which} ${short.length} rows; got ${needed}`,
    );
  }
  const order = new Int32Array(members.reduce((sum, { length }) => sum + length, 0));
  const found = { starts: [] as number[], targets: [] as number[], series: [] as number[] };
  let first = 0;
  for (const [series, own] of members.entries()) {
    order.set(own, first);
    for (let i = 0; i + needed <= own.length; i++) {
      const target = own[i + needed - 1]!;
      if (!hasTarget(target)) continue;
      found.starts.push(first + i);
      found.targets.push(target);
      found.series.push(series);
    }
    first += own.length;
  }
  const [starts, targets, series] = [found.starts, found.targets, found.series].map((all) => Int32Array.from(all));
  return { count: found.starts.length, order, starts: starts!, targets: targets!, series: series! };
}

/** A row without a time follows the one before it in the file. Rows of one time are in the order of the file. */
function inTime(series: number[], { time }: Pick<Rows, 'time'>): number[] {
  if (!time) return series;
  let latest = Number.NEGATIVE_INFINITY;
  const timed = series.map((row) => {
    const value = time.values[row]!;
    if (!Number.isNaN(value)) latest = value;
    return { row, at: latest };
  });
  return timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.row - b.row)).map(({ row }) => row);
}
