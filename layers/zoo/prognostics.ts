/** What `baseline` and `deephpm` have in common: battery prognostics as Wen et al. 2024 do it. */

import { sizeOf } from '#engine/type.ts';
import type { NetworkShape } from './family.ts';
import { batchSize, boundedInteger, commonHyperparameters, dropoutOf, epochs } from './hyperparameters.ts';
import type { TanhLayers } from './tanh-layers.ts';

/** The published settings. */
export const prognosticHyperparameters = {
  ...commonHyperparameters,
  batch_size: batchSize(1024),
  epochs: epochs(2000),
  depth: boundedInteger('depth', 1, 8).default(2).meta({ description: 'Hidden layers' }),
  width: boundedInteger('width', 1, 4096).default(128).meta({ description: 'Of each hidden layer' }),
  dropout: dropoutOf(0.2, 'after each hidden layer'),
} as const;

export const tanhOf = (
  { input }: Pick<NetworkShape, 'input'>,
  { depth, width, dropout }: Pick<TanhLayers, 'depth' | 'width' | 'dropout'>,
) => ({ inputs: sizeOf(input), depth, width, dropout });
