/** What predictions of a model of texts need besides its `model.onnx`; stored beside it as `text.json`. */
import { z } from 'zod';
import type { ServedModel } from '#domain/models/record.ts';
import { featurizer } from './featurizer.ts';

export const TEXT_FILE = 'text.json';
export const WEIGHTS_FILE = 'weights.safetensors';

export const textServing = z.object({
  /** The version of this description's format. */
  format: z.literal(1),
  featurizer,
  /** In the order of `probabilities`. */
  labels: z.array(z.string()),
  benign_label: z.string(),
  /** Of each label: from which score on it counts. */
  thresholds: z.record(z.string(), z.number()),
});
export type TextServing = z.infer<typeof textServing>;

/** Of a label for which the rows did not tell. */
export const DEFAULT_THRESHOLD = 0.5;

/** Whether a model's input is text. */
export const takesText = ({ artifacts }: Pick<ServedModel, 'artifacts'>): boolean =>
  artifacts.some(({ file }) => file === TEXT_FILE);
