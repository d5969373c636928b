/** What is compared: each as a network with its loss, over rows of nine features or windows of them. */
import { type Loss, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { FEATURES } from '#learning/battery/cells.ts';
import { biLstmFlops, biLstmNetwork } from '#zoo/bilstm-network.ts';
import { VERHULST } from '#zoo/dynamics.ts';
import { physicsInformed, physicsInformedLoss, type Weighting } from '#zoo/physics-informed.ts';
import { tanhFlops, tanhLayers, tanhParameters } from '#zoo/tanh-layers.ts';
import { type Sizes, WINDOW } from './cases.ts';

export interface Contender {
  readonly name: string;
  /** Of a row of the network's input. */
  readonly input: readonly number[];
  readonly network: Network;
  readonly loss: Loss;
  /** Of the forward pass of one row. */
  readonly flops: number;
}

const DROPOUT = 0.2;
const UNITS = 32;
const inputs = FEATURES.length;
const time = FEATURES.indexOf('cycle');

function baseline({ depth, width }: Sizes): Contender {
  const layers = { name: 'layers', inputs, outputs: 1, depth, width, dropout: DROPOUT };
  return {
    name: 'baseline',
    input: [inputs],
    network: {
      parameters: tanhParameters(layers),
      forward: (b, parameters, x, mode) => tanhLayers(b, layers, parameters, x, mode),
    },
    loss: squaredError,
    flops: tanhFlops(layers),
  };
}

const deepHpm =
  (name: string, weighting: Weighting, dynamics: typeof VERHULST | 'U,s,t') =>
  ({ depth, width }: Sizes): Contender => {
    const layers = { inputs, depth, width, dropout: DROPOUT };
    return {
      name,
      input: [inputs],
      network: physicsInformed({ layers, time, dynamics, weighting }),
      loss: physicsInformedLoss,
      flops: tanhFlops({ ...layers, name: '', outputs: 1 }),
    };
  };

function bilstm(): Contender {
  const shape = { features: inputs, outputs: 1, units: UNITS, dropout: 0 };
  return {
    name: 'bilstm',
    input: [WINDOW, inputs],
    network: biLstmNetwork(shape),
    loss: squaredError,
    flops: biLstmFlops(shape, WINDOW),
  };
}

export const contenders: readonly ((sizes: Sizes) => Contender)[] = [
  baseline,
  deepHpm('deephpm-sum', 'sum', 'U,s,t'),
  deepHpm('deephpm-adpbal', 'adpbal', 'U,s,t'),
  deepHpm('deephpm-verhulst', 'adpbal', VERHULST),
  bilstm,
];
