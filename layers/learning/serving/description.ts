/** What a caller of a `model.onnx` must know. It is stored beside the model as `serving.json`, and in its metadata. */
import { z } from 'zod';
import { KINDS, TASKS } from '#domain/datasets/profile.ts';
import { featureSpec } from '#domain/models/record.ts';

export const SERVING_FILE = 'serving.json';
/** The metadata property of `model.onnx` that has the same. */
export const SERVING_PROPERTY = 'serving';
export const ONNX_FILE = 'model.onnx';
/** The same model, with integers of 8 bits. */
export const INT8_FILE = 'model.int8.onnx';

/** The numbers of a model's weights, and the file of each. */
export const VARIANTS = ['float32', 'int8'] as const;
export type Variant = (typeof VARIANTS)[number];
export const VARIANT_FILES: Readonly<Record<Variant, string>> = { float32: ONNX_FILE, int8: INT8_FILE };

export const CARD_FILE = 'model-card.md';

const servedFeature = featureSpec.extend({
  /** The name of the model's input. A feature's own name may not be valid for that. */
  input: z.string(),
  /** Of a category: all that the model has learned from. Absent for models of earlier builds. */
  words: z.array(z.string()).exactOptional(),
  /** Of a model of others whose input has no fractions and nothing for a missing value: its type. */
  cast: z.enum(['int32', 'int64', 'bool']).exactOptional(),
});
export type ServedFeature = z.infer<typeof servedFeature>;

export const serving = z.object({
  /** The version of this description's format. */
  format: z.literal(1),
  /** Absent for tables. */
  kind: z.enum(KINDS).optional(),
  task: z.enum(TASKS),
  target: z.string(),
  features: z.array(servedFeature),
  /** What the kind says of its inputs beside that. */
  input: z.record(z.string(), z.unknown()).optional(),
  /** In the order of `probabilities`. Empty for a regression. */
  classes: z.array(z.string()),
  /** By which logits were divided before they became probabilities. Absent where they were not. */
  temperature: z.number().exactOptional(),
  /** The probability of the second class from which on it is the label. Absent where the more probable class is. */
  threshold: z.number().exactOptional(),
  /** Of `multilabel`: the probability of each class from which on a row has it. */
  thresholds: z.array(z.number()).exactOptional(),
  /** How far the truth is from `value`, at most, as often as `coverage` says. */
  intervals: z.array(z.object({ coverage: z.number(), width: z.number() })).exactOptional(),
});
export type Serving = z.infer<typeof serving>;

/** What is wrong with asking a regression for probabilities. */
export const NO_PROBABILITIES = 'must be left out: the model answers numbers, which have none';

/** The names of the model's outputs. */
const OUTPUTS = ['label', 'labels', 'probabilities', 'value'];

/** A distinct input name for each feature: its own, with everything but letters, digits and underscores replaced. */
export function inputNames(features: readonly string[]): string[] {
  const taken = new Set(OUTPUTS);
  return features.map((feature) => {
    const base = feature.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d|$)/, '_');
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  });
}
