/** Battery cells over their cycles, as battery prognostics describes them: Wen et al. 2024, Severson et al. 2019. */

/** Each but the cycle's number is a moving average over `AVERAGED_CYCLES`. */
export const FEATURES = [
  'slope',
  'intercept',
  'mean_temperature',
  'internal_resistance',
  'charge_time',
  'dqdv_max',
  'dqdv_min',
  'dqdv_variance',
  'cycle',
] as const;
export type Feature = (typeof FEATURES)[number];

/** State of health as 1 − Qd / 1.1 Ah, and the cycles until the cell's end of life. */
export const TARGETS = ['capacity_loss', 'remaining_life'] as const;
export type Target = (typeof TARGETS)[number];

/** The column of a file that says which cell a row is of. */
export const CELL = 'cell';
export const AVERAGED_CYCLES = 10;

/** What is known of one cycle of a cell. */
export type Cycle = Readonly<Record<Feature | Target, number>>;

export interface Cell {
  readonly name: string;
  /** In the order of their numbers. */
  readonly cycles: readonly Cycle[];
}

const COLUMNS = [...FEATURES, ...TARGETS] as const;

/** The cells as a CSV file with a header. */
export function writeCells(cells: readonly Cell[]): string {
  const rows = cells.flatMap(({ name, cycles }) =>
    cycles.map((cycle) => [name, ...COLUMNS.map((column) => Number(cycle[column].toPrecision(DIGITS)))].join(',')),
  );
  return `${[[CELL, ...COLUMNS].join(','), ...rows].join('\n')}\n`;
}

const DIGITS = 7;
