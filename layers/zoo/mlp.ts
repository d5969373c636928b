import { z } from 'zod';
import type { Builder, Value } from '#engine/graph.ts';
import { gelu, leakyRelu, relu, sigmoid, silu, tanh } from '#engine/ops/activation.ts';
import { linear } from '#engine/ops/linalg.ts';
import { dropout } from '#engine/ops/random.ts';
import { heUniform, type Initializer, xavierUniform, zeros } from '#engine/random.ts';
import type { Mode, Network, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import type { Family, NetworkShape } from './family.ts';
import { boundedInteger, commonHyperparameters, fraction, oneOf } from './hyperparameters.ts';
import { linearState, type TorchModule } from './torch-module.ts';

interface Activation {
  readonly apply: (b: Builder, x: Value) => Value;
  /** The initial weights that preserve the variance of activations. */
  readonly initializer: Initializer;
  /** Its function in PyTorch. */
  readonly torch: string;
}

const activations = {
  relu: { apply: relu, initializer: heUniform, torch: 'torch.relu' },
  leaky_relu: { apply: (b, x) => leakyRelu(b, x), initializer: heUniform, torch: 'nn.functional.leaky_relu' },
  gelu: { apply: gelu, initializer: heUniform, torch: 'nn.functional.gelu' },
  silu: { apply: silu, initializer: heUniform, torch: 'nn.functional.silu' },
  tanh: { apply: tanh, initializer: xavierUniform, torch: 'torch.tanh' },
  sigmoid: { apply: sigmoid, initializer: xavierUniform, torch: 'torch.sigmoid' },
} as const satisfies Readonly<Record<string, Activation>>;

const MAX_DEPTH = 8;
const depthMessage = `hidden_layers must be a list of at most ${MAX_DEPTH} widths`;

const hyperparameters = z.strictObject({
  ...commonHyperparameters,
  hidden_layers: z
    .array(boundedInteger('hidden_layers: width', 1, 4096), {
      error: ({ input }) => `${depthMessage}; got ${JSON.stringify(input)}`,
    })
    .max(MAX_DEPTH, { error: ({ input }) => `${depthMessage}; got ${Array.isArray(input) ? input.length : input}` })
    .default([64, 64]),
  activation: oneOf('activation', ['relu', 'leaky_relu', 'gelu', 'silu', 'tanh', 'sigmoid']).default('relu'),
  dropout: fraction('dropout').default(0),
});

export type MlpHyperparameters = z.output<typeof hyperparameters>;

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

function layers({ input, outputs }: NetworkShape, { hidden_layers }: MlpHyperparameters): Layer[] {
  const widths = [sizeOf(input), ...hidden_layers, outputs];
  return widths.slice(1).map((width, i) => ({
    name: i < hidden_layers.length ? `hidden.${i}` : 'output',
    inputs: widths[i]!,
    outputs: width,
  }));
}

function parametersOf({ name, inputs, outputs }: Layer, initializer: Initializer): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [inputs, outputs], initializer, decay: true },
    { name: `${name}.bias`, shape: [outputs], initializer: zeros, decay: false },
  ];
}

/** [features] → (linear → activation → dropout) per hidden layer → linear → [outputs]. */
function network(shape: NetworkShape, h: MlpHyperparameters): Network {
  const all = layers(shape, h);
  const activation: Activation = activations[h.activation];
  const forward = (b: Builder, parameters: Values, x: Value, mode: Mode): Value =>
    all.reduce((input, { name }, i) => {
      const step = (): Value => {
        const z = linear(b, input, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!);
        if (i === all.length - 1) return z;
        const y = activation.apply(b, z);
        return mode.training ? dropout(b, y, h.dropout, { seed: mode.seed, step: mode.step, stream: name }) : y;
      };
      return b.at(`mlp/${name}`, step);
    }, x);
  const isOutput = (i: number) => i === all.length - 1;
  return {
    parameters: all.flatMap((layer, i) => parametersOf(layer, isOutput(i) ? xavierUniform : activation.initializer)),
    forward,
  };
}

/** Dropout has no part in predictions, so the module has none. */
function torchModule(shape: NetworkShape, h: MlpHyperparameters): TorchModule {
  const all = layers(shape, h);
  const linears = all.map(({ inputs, outputs }) => `nn.Linear(${inputs}, ${outputs})`);
  const source = `class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList([${linears.slice(0, -1).join(', ')}])
        self.output = ${linears.at(-1)}

    def forward(self, x):
        for layer in self.hidden:
            x = ${activations[h.activation].torch}(layer(x))
        return self.output(x)
`;
  return { source, state: linearState };
}

/** The multilayer perceptron. */
export const mlp: Family<MlpHyperparameters> = {
  name: 'mlp',
  label: 'MLP',
  description: 'Multilayer perceptron for rows of numbers and categories.',
  tasks: ['classification', 'regression'],
  kinds: ['table'],
  hyperparameters,
  network,
  flopsPerRow: (shape, h) => layers(shape, h).reduce((sum, { inputs, outputs }) => sum + 2 * inputs * outputs, 0),
  torchModule,
};
