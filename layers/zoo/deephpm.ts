import { z } from 'zod';
import { ShapeError } from '#engine/type.ts';
import { DYNAMICS } from './dynamics.ts';
import type { Family } from './family.ts';
import { oneOf } from './hyperparameters.ts';
import { physicsInformed, physicsInformedLoss, surrogateOf, WEIGHTINGS } from './physics-informed.ts';
import { prognosticHyperparameters, tanhOf } from './prognostics.ts';
import { tanhFlops, tanhModule } from './tanh-layers.ts';
import { turnedMatrices } from './torch-module.ts';

const hyperparameters = z.strictObject({
  ...prognosticHyperparameters,
  time: z
    .string()
    .min(1)
    .max(1000)
    .default('cycle')
    .meta({ description: 'The feature that is t. The other features are s' }),
  dynamics: oneOf('dynamics', DYNAMICS).default('U,s,t').meta({
    description:
      'The law of ∂U/∂t: a network of these inputs, where U_s is ∂U/∂s and U_ss its derivative by s; or Verhulst’s law of growth with learned r, K and C',
  }),
  weighting: oneOf('weighting', WEIGHTINGS)
    .default('adpbal')
    .meta({ description: 'Whether the three losses are summed, or balanced by learned log-variances' }),
});
export type DeepHpmHyperparameters = z.output<typeof hyperparameters>;

/** A network U(s, t), and a law of its derivative by t that is learned with it. */
export const deepHpm: Family<DeepHpmHyperparameters> = {
  name: 'deephpm',
  label: 'Deep hidden physics model',
  description: 'A physics-informed network for the state of health or the remaining life of cells.',
  tasks: ['regression'],
  kinds: ['table'],
  hyperparameters,
  needs: ({ time }) => ({ time }),
  network: (shape, { time, dynamics, weighting, ...h }) => {
    const at = shape.numbers?.indexOf(time) ?? -1;
    if (at < 0) throw new ShapeError(`the time '${time}' must be a feature that is a number`);
    return physicsInformed({ layers: tanhOf(shape, h), time: at, dynamics, weighting });
  },
  loss: () => physicsInformedLoss,
  // A training step also has the passes for the derivatives, which are not counted.
  flopsPerRow: (shape, h) => tanhFlops(surrogateOf(tanhOf(shape, h))),
  // Predictions are those of U, so the module has no dynamics.
  torchModule: (shape, h) => {
    const surrogate = surrogateOf(tanhOf(shape, h));
    const isOfU = (name: string) => name.startsWith(`${surrogate.name}.`);
    const turned = turnedMatrices();
    return {
      source: tanhModule(surrogate),
      ...turned,
      state: (parameters) =>
        turned.state(Object.fromEntries(Object.entries(parameters).filter(([name]) => isOfU(name)))),
      shapes: (parameters) => turned.shapes(parameters.filter(({ name }) => isOfU(name))),
    };
  },
};
