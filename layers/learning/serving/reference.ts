/** What the training data look like, feature by feature: `reference.json`, beside the model. Predictions are compared with it. */
import { z } from 'zod';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import type { Encoder } from '../table/encoder.ts';

export const REFERENCE_FILE = 'reference.json';

const share = z.number().min(0).max(1);

const featureReference = z.object({
  name: z.string(),
  /** The mean of the rows that were learned from, or the most frequent word; null if there is none. */
  typical: z.union([z.number(), z.string()]).nullable(),
  /** Of the rows of the dataset. */
  missing: share,
  /** Of the values. From one edge up to the next, which belongs to the next bin; the first and the last bin have no end. */
  bins: z.object({ edges: z.array(z.number()), shares: z.array(share) }).optional(),
  /** Of the values, the most frequent first. */
  words: z.array(z.object({ value: z.string(), share })).optional(),
});
export type FeatureReference = z.infer<typeof featureReference>;

export const reference = z.object({
  /** The version of this format. */
  format: z.literal(1),
  features: z.array(featureReference),
});
export type Reference = z.infer<typeof reference>;

/** A bin has at least so many of the values, so that its share means something. */
const LEAST_SHARE = 0.05;

export function referenceOf({ rows, columns }: DatasetProfile, { features }: Encoder): Reference {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return {
    format: 1,
    features: features.map((feature) => {
      const column = byName.get(feature.name);
      const present = Math.max(1, rows - (column?.missing ?? 0));
      return {
        name: feature.name,
        typical: 'mean' in feature ? feature.mean : (column?.top_values?.[0]?.value ?? null),
        missing: Math.min(1, (column?.missing ?? 0) / rows),
        ...(column?.histogram ? { bins: binsOf(column.histogram) } : {}),
        ...(column?.top_values
          ? { words: column.top_values.map(({ value, count }) => ({ value, share: Math.min(1, count / present) })) }
          : {}),
      };
    }),
  };
}

/** Neighbouring bins are put together until each has enough values. */
function binsOf(histogram: NonNullable<ColumnProfile['histogram']>): NonNullable<FeatureReference['bins']> {
  const total = Math.max(
    1,
    histogram.reduce((sum, { count }) => sum + count, 0),
  );
  const edges: number[] = [];
  const counts: number[] = [];
  let open = 0;
  for (const { to, count } of histogram) {
    open += count;
    if (open < LEAST_SHARE * total) continue;
    edges.push(to);
    counts.push(open);
    open = 0;
  }
  // What is left at the end is part of the last bin.
  counts[counts.length - 1]! += open;
  return { edges: edges.slice(0, -1), shares: counts.map((count) => count / total) };
}
