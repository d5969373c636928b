import { z } from 'zod';
import { type BiLstm, biLstmFlops, biLstmNetwork } from './bilstm-network.ts';
import type { Family, NetworkShape } from './family.ts';
import { boundedInteger, commonHyperparameters, dropoutOf } from './hyperparameters.ts';
import { turnedMatrices } from './torch-module.ts';

const hyperparameters = z.strictObject({
  ...commonHyperparameters,
  window: boundedInteger('window', 1, 10_000)
    .default(10)
    .meta({ description: 'Rows of a series that are seen at once' }),
  horizon: boundedInteger('horizon', 0, 10_000).default(0).meta({
    description:
      'How many rows after the window the target is. 0: the target of its last row. From 1 on it is a forecast, and the past of the target is among the inputs',
  }),
  hidden_size: boundedInteger('hidden_size', 1, 1024).default(64).meta({ description: 'Units of each direction' }),
  dropout: dropoutOf(0, 'between the two layers'),
});
export type BiLstmHyperparameters = z.output<typeof hyperparameters>;

const networkOf = ({ input, outputs }: NetworkShape, { hidden_size, dropout }: BiLstmHyperparameters): BiLstm => ({
  features: input.at(-1)!,
  outputs,
  units: hidden_size,
  dropout,
});

/** A two-layer bidirectional LSTM over windows of series. */
export const biLstm: Family<BiLstmHyperparameters> = {
  name: 'bilstm',
  label: 'Bidirectional LSTM',
  description: 'Two-layer bidirectional LSTM for windows of series: classification, regression and forecasts.',
  tasks: ['classification', 'regression'],
  kinds: ['series'],
  hyperparameters,
  wanted: ({ window, horizon }) => ({ series: { steps: window, horizon } }),
  network: (shape, h) => biLstmNetwork(networkOf(shape, h)),
  flopsPerRow: (shape, h) => biLstmFlops(networkOf(shape, h), shape.input[0]!),
  torchModule: (shape, h) => {
    const { features, outputs, units } = networkOf(shape, h);
    return {
      source: `class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(${features}, ${units}, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(${2 * units}, ${outputs})

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])
`,
      // The parameters of the LSTM have PyTorch's layout already.
      ...turnedMatrices((name) => name === 'head.weight'),
    };
  },
};
