import { z } from 'zod';
import { linear as product } from '#engine/ops/linalg.ts';
import { zeros } from '#engine/random.ts';
import type { Family } from './family.ts';
import { commonHyperparameters, epochs, learningRate, weightDecay } from './hyperparameters.ts';
import { turnedMatrices } from './torch-module.ts';

const hyperparameters = z.strictObject({
  ...commonHyperparameters,
  // A convex problem: larger steps and more of them than a deep network takes.
  learning_rate: learningRate(0.01),
  epochs: epochs(100),
  weight_decay: weightDecay('auto'),
});

export type LinearHyperparameters = z.output<typeof hyperparameters>;

/** Linear and logistic regression: one product, and nothing hidden. */
export const linear: Family<LinearHyperparameters> = {
  name: 'linear',
  label: 'Linear',
  description: 'Linear regression, or logistic regression over classes; its weights can be read.',
  tasks: ['classification', 'regression', 'multilabel'],
  kinds: ['table'],
  hyperparameters,
  // Those of scikit-learn: `alpha` of Ridge, whose loss has no factor of a half, and `C` of LogisticRegression, which has one
  // vector of weights for two classes, where this has two of half its length.
  decay: (task, outputs) => (task === 'regression' || (task === 'classification' && outputs === 2) ? 2 : 1),
  network: ({ input: [features = 1], outputs }) => ({
    parameters: [
      { name: 'output.weight', shape: [features, outputs], initializer: zeros, decay: true },
      { name: 'output.bias', shape: [outputs], initializer: zeros, decay: false },
    ],
    forward: (b, parameters, x) =>
      b.at('linear', () => product(b, x, parameters['output.weight']!, parameters['output.bias']!)),
  }),
  flopsPerRow: ({ input: [features = 1], outputs }) => 2 * features * outputs,
  torchModule: ({ input: [features = 1], outputs }) => ({
    source: `class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.output = nn.Linear(${features}, ${outputs})

    def forward(self, x):
        return self.output(x)
`,
    ...turnedMatrices(),
  }),
};
