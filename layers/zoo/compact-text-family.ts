import { z } from 'zod';
import { BUCKETS, compactText, compactTextFlops, DIMENSIONS } from './compact-text.ts';
import type { Family, NetworkShape } from './family.ts';
import {
  boundedInteger,
  commonHyperparameters,
  epochs,
  learningRate,
  oneOf,
  optimizer,
  SCHEDULES,
  weightDecay,
} from './hyperparameters.ts';
import { COMPACT_TEXT } from './text-registry.ts';
import { turnedMatrices } from './torch-module.ts';

const hyperparameters = z.strictObject({
  ...commonHyperparameters,
  learning_rate: learningRate(0.01),
  batch_size: boundedInteger('batch_size', 1, 65_536).default(16).meta({ description: 'Texts that make a step' }),
  epochs: epochs(20),
  optimizer: optimizer('adamw'),
  weight_decay: weightDecay(0.01),
  lr_schedule: oneOf('lr_schedule', SCHEDULES).default('linear').meta({
    description: 'How the learning rate goes after the warm-up: `linear` and `cosine` to 0 at the last epoch',
  }),
  max_words: boundedInteger('max_words', 1, 8192).default(256).meta({
    description: 'Words that are read of a text, from its beginning',
  }),
});

export type CompactTextHyperparameters = z.output<typeof hyperparameters>;

/** A row has buckets, and as many weights. */
const placesOf = ({ input: [, places = 1] }: NetworkShape): number => places;
const shapeOf = ({ outputs }: NetworkShape) => ({ buckets: BUCKETS, dimensions: DIMENSIONS, classes: outputs });

/** A small network over hashed n-grams of words and characters. */
export const compactTextFamily: Family<CompactTextHyperparameters> = {
  name: COMPACT_TEXT,
  label: 'Compact text',
  description: 'Hashed n-grams of words and characters with a small network, for one column of text.',
  tasks: ['classification', 'regression', 'multilabel'],
  kinds: ['text'],
  hyperparameters,
  wanted: ({ max_words }) => ({ text: { words: max_words } }),
  network: (shape) => compactText(shapeOf(shape)),
  flopsPerRow: (shape) => compactTextFlops(shapeOf(shape), placesOf(shape)),
  torchModule: ({ outputs }) => ({
    source: `class Grams(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(${BUCKETS}, ${DIMENSIONS}))
        self.bias = nn.Parameter(torch.zeros(${DIMENSIONS}))

    def forward(self, buckets, weights):
        return (self.weight[buckets] * weights[..., None]).sum(dim=1) + self.bias


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = Grams()
        self.output = nn.Linear(${DIMENSIONS}, ${outputs})

    def forward(self, x):
        buckets, weights = x.unbind(dim=1)
        return self.output(self.embedding(buckets.long(), weights).relu())
`,
    ...turnedMatrices((name) => name === 'output.weight'),
  }),
};
