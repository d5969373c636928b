import type { ColumnProfile } from '#domain/datasets/profile.ts';
import type { Candidate } from './candidate.ts';

const FRACTIONS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const BINS = 20;

/** The statistics of a column's numbers or times. */
export function distributionOf({ moments, quantiles }: Candidate): Partial<ColumnProfile> {
  if (moments.count === 0) return {};
  const { min, max, mean, standardDeviation: standard_deviation } = moments;
  const values = quantiles.at(FRACTIONS);
  return {
    ...{ min, max, mean, standard_deviation },
    quantiles: Object.fromEntries(FRACTIONS.map((fraction, i) => [String(fraction), values[i]!])),
    histogram: quantiles.histogram(min, max, BINS),
    distribution_estimated: quantiles.estimated,
  };
}
