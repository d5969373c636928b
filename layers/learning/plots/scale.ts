/** Numbers as an axis can show them: ECharts 6.1 throws at an axis whose numbers are all below about 1e-10. */

export interface Scale {
  /** In the axis's unit. What is not a finite number has no place on an axis. */
  readonly shown: (value: number) => number | null;
  /** To be appended to the axis's name: ` × 1e-20`, or nothing. */
  readonly unit: string;
}

/** Between these, numbers are read as they are. */
const READABLE = { least: 1e-4, most: 1e9 };

export function scaleOf(values: readonly number[]): Scale {
  const largest = values.filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0 || (largest >= READABLE.least && largest < READABLE.most)) return { shown: finite, unit: '' };
  const exponent = Math.floor(Math.log10(largest));
  // In two steps, since a power of ten may itself be too large for a number.
  const half = Math.trunc(exponent / 2);
  return { shown: (value) => finite(value / 10 ** half / 10 ** (exponent - half)), unit: ` × 1e${exponent}` };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
