/** What predictions of a model of texts need besides its `model.onnx`; stored beside it as `text.json`. */
import { z } from 'zod';
import type { ServedModel } from '#domain/models/record.ts';
import { featurizer } from './featurizer.ts';

export const TEXT_FILE = 'text.json';
export const WEIGHTS_FILE = 'weights.safetensors';

const rule = {
  /** In the order of `probabilities`. */
  labels: z.array(z.string()),
  benign_label: z.string(),
  /** Of each label: from which score on it counts. */
  thresholds: z.record(z.string(), z.number()),
};

const decisionRule = z.object(rule);
/** How probabilities become a label. */
export type DecisionRule = z.infer<typeof decisionRule>;

/** Of `compact-text`. */
const ofGrams = z.object({ format: z.literal(1), featurizer, ...rule });
export type GramServing = z.infer<typeof ofGrams>;

/** Of an encoder, whose tokenizer lies beside it. */
const ofTokens = z.object({
  format: z.literal(2),
  tokens: z.object({
    /** Of a piece of a text, with the marks before and after it. */
    most: z.number().int(),
    /** That a piece has in common with the one before. */
    overlap: z.number().int(),
    padding_id: z.number().int(),
    /** Floating-point operations of a piece. */
    flops: z.number(),
  }),
  ...rule,
});
export type TokenServing = z.infer<typeof ofTokens>;

export const textServing = z.discriminatedUnion('format', [ofGrams, ofTokens]);
export type TextServing = z.infer<typeof textServing>;

/** Of a label for which the rows did not tell. */
export const DEFAULT_THRESHOLD = 0.5;

/** @param calibrated null for a label of which there were too few rows */
export const ruleOf = (
  labels: readonly string[],
  benign_label: string,
  calibrated: Readonly<Record<string, number | null>>,
): DecisionRule => ({
  labels: [...labels],
  benign_label,
  thresholds: Object.fromEntries(labels.map((label) => [label, calibrated[label] ?? DEFAULT_THRESHOLD])),
});

/** Whether a model's input is text. */
export const takesText = ({ artifacts }: Pick<ServedModel, 'artifacts'>): boolean =>
  artifacts.some(({ file }) => file === TEXT_FILE);
