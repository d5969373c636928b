/** The three cases of Wen et al. 2024, on generated cells of the same numbers. */
import { uniformStream } from '#engine/random.ts';
import { shuffled } from '#engine/shuffle.ts';
import type { Cell, Target } from '#learning/battery/cells.ts';

/** A cycle of a cell, with the cycles before it. */
export interface Row {
  readonly cell: Cell;
  readonly at: number;
}

export interface Split {
  readonly training: readonly Row[];
  readonly test: readonly Row[];
}

export interface Case {
  readonly name: 'A' | 'B' | 'C';
  readonly numbers: readonly number[];
  split(cells: readonly Cell[], seed: number): Split;
}

/** Rows before this one of a cell have no window behind them, so that nobody is asked about them. */
export const WINDOW = 10;

const rowsOf = (cell: Cell): Row[] => cell.cycles.slice(WINDOW - 1).map((_, i) => ({ cell, at: i + WINDOW - 1 }));

/** Some cells are learned from, and the last one is the test. */
const byCell = (name: 'A' | 'B', learned: readonly number[], tested: number): Case => ({
  name,
  numbers: [...learned, tested],
  split: (cells) => ({ training: cells.slice(0, -1).flatMap(rowsOf), test: rowsOf(cells.at(-1)!) }),
});

const TEST_SHARE = 0.2;

export const cases: readonly Case[] = [
  byCell('A', [91, 100], 124),
  byCell('B', [101, 108, 120], 116),
  {
    name: 'C',
    numbers: [91, 100, 101, 108, 116, 120, 124],
    split: (cells, seed) => {
      const rows = cells.flatMap(rowsOf);
      const order = shuffled(rows.length, uniformStream(seed, 'case C'));
      const tested = Math.round(rows.length * TEST_SHARE);
      const pick = (which: Int32Array) => Array.from(which, (i) => rows[i]!);
      return { training: pick(order.subarray(tested)), test: pick(order.subarray(0, tested)) };
    },
  },
];

/** Hidden layers and their width, as published for each case and target. */
export interface Sizes {
  readonly depth: number;
  readonly width: number;
}

export function sizesOf({ name }: Case, target: Target): Sizes {
  const sizes = { depth: 2, width: 128 };
  if (name === 'B' && target === 'capacity_loss') return { ...sizes, width: 64 };
  if (name === 'C' && target === 'remaining_life') return { ...sizes, depth: 4 };
  return sizes;
}
