/** `compact-text` as something to fit: its network, its objective, and how its learning rate goes. */
import { adamw } from '#engine/optim/adam.ts';
import { linearWithWarmup } from '#engine/optim/schedule.ts';
import type { Tensors } from '#engine/tensor.ts';
import { type } from '#engine/type.ts';
import {
  BUCKETS,
  type CompactTextShape,
  compactText,
  compactTextFlops,
  DIMENSIONS,
  packGrams,
} from '#zoo/compact-text.ts';
import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';
import { COMPACT_TEXT } from '#zoo/text-registry.ts';
import type { Learner } from '../fit/fit.ts';
import { targetType } from '../fit/task.ts';
import type { Featurizer } from './featurizer.ts';
import { textLoss } from './loss.ts';

export const featurizerOf = ({ max_length }: Pick<TextHyperparameters, 'max_length'>): Featurizer => ({
  version: 1,
  buckets: BUCKETS,
  max_words: max_length,
});

export const shapeOfText = ({ labels }: Pick<TextHyperparameters, 'labels'>): CompactTextShape => ({
  buckets: BUCKETS,
  dimensions: DIMENSIONS,
  classes: labels.length,
});

export interface LearnerSpec {
  readonly hyperparameters: TextHyperparameters;
  readonly places: number;
  /** Of training rows. */
  readonly rows: number;
  /** Weights to start from. Default: random ones. */
  readonly initial?: Tensors | undefined;
}

/** How many steps a training takes, and how many of them the warm-up gets. */
export function stepsOf({ hyperparameters: h, rows }: Pick<LearnerSpec, 'hyperparameters' | 'rows'>) {
  const total = h.num_epochs * Math.ceil(rows / h.batch_size);
  return { total, warmup: Math.min(h.warmup_steps, total) };
}

export function textLearner({ hyperparameters: h, places, rows, initial }: LearnerSpec): Learner {
  const shape = shapeOfText(h);
  const network = compactText(shape);
  const { total, warmup } = stepsOf({ hyperparameters: h, rows });
  return {
    name: COMPACT_TEXT,
    network,
    objective: {
      data: {
        buckets: type('int32', ['rows', places]),
        weights: type('float32', ['rows', places]),
        y: targetType('classification'),
      },
      target: 'y',
      front: (b, data) => packGrams(b, data.buckets!, data.weights!),
      network,
      loss: textLoss(h),
    },
    optimizer: adamw({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
    schedule: linearWithWarmup(warmup, total),
    ...(initial ? { initial } : {}),
    flopsPerRow: compactTextFlops(shape, places),
  };
}
