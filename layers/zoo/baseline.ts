import { z } from 'zod';
import type { Family, NetworkShape } from './family.ts';
import { prognosticHyperparameters, tanhOf } from './prognostics.ts';
import { type TanhLayers, tanhFlops, tanhLayers, tanhModule, tanhParameters } from './tanh-layers.ts';
import { turnedMatrices } from './torch-module.ts';

const hyperparameters = z.strictObject(prognosticHyperparameters);
export type BaselineHyperparameters = z.output<typeof hyperparameters>;

const layersOf = (shape: NetworkShape, h: BaselineHyperparameters): TanhLayers => ({
  ...tanhOf(shape, h),
  name: 'layers',
  outputs: shape.outputs,
});

/** The network of battery prognostics without physics. */
export const baseline: Family<BaselineHyperparameters> = {
  name: 'baseline',
  label: 'Baseline of battery prognostics',
  description: 'Layers of tanh with dropout, for the state of health or the remaining life of cells.',
  tasks: ['regression'],
  kinds: ['table'],
  hyperparameters,
  network: (shape, h) => {
    const layers = layersOf(shape, h);
    return {
      parameters: tanhParameters(layers),
      forward: (b, parameters, x, mode) => tanhLayers(b, layers, parameters, x, mode),
    };
  },
  flopsPerRow: (shape, h) => tanhFlops(layersOf(shape, h)),
  torchModule: (shape, h) => ({ source: tanhModule(layersOf(shape, h)), ...turnedMatrices() }),
};
