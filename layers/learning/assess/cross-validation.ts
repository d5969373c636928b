/** What the parts of a cross-validation say together. */
import { z } from 'zod';
import type { Scores } from '../fit/evaluate.ts';
import { SPLIT_BY, type SplitName } from '../split-by.ts';

const scores = z.record(z.string(), z.number());

export const crossValidation = z.strictObject({
  parts: z.int().meta({ example: 5 }),
  split: z.enum(SPLIT_BY).meta({
    description:
      'How the rows were divided: by strata of the target, at random, by whole groups, or by time or the order of the file, where nothing later is learned from',
  }),
  metrics: z.record(z.string(), z.strictObject({ mean: z.number(), std: z.number() })).meta({
    description: 'Mean and standard deviation over the parts, as NumPy has them',
    example: { accuracy: { mean: 0.97, std: 0.01 } },
  }),
  scores: z.array(scores).meta({ description: 'Of each part', example: [{ accuracy: 0.98 }, { accuracy: 0.96 }] }),
});
export type CrossValidation = z.infer<typeof crossValidation>;

/** A metric that is undefined for some part has no mean. */
export function crossValidationOf(parts: readonly Scores[], { by }: SplitName): CrossValidation {
  const names = Object.keys(parts[0] ?? {}).filter((name) => parts.every((part) => name in part));
  return {
    parts: parts.length,
    split: by,
    metrics: Object.fromEntries(names.map((name) => [name, momentsOf(parts.map((part) => part[name]!))])),
    scores: parts.map((part) => ({ ...part })),
  };
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
