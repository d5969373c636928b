import { z } from 'zod';
import type { Builder, Value } from '#engine/graph.ts';
import { gelu, leakyRelu, relu, sigmoid, silu, tanh } from '#engine/ops/activation.ts';
import { linear } from '#engine/ops/linalg.ts';
import { dropout } from '#engine/ops/random.ts';
import { heUniform, type Initializer, xavierUniform, zeros } from '#engine/random.ts';
import type { Mode, Network, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import { EMBEDDINGS, embedded, embeddingsOf, MOST_ONE_HOT } from './embeddings.ts';
import type { Family, NetworkShape } from './family.ts';
import { boundedInteger, commonHyperparameters, dropoutOf, oneOf, weightDecay } from './hyperparameters.ts';
import { type TorchModule, turnedMatrices } from './torch-module.ts';

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
  weight_decay: weightDecay('auto'),
  hidden_layers: z
    .array(boundedInteger('hidden_layers: width', 1, 4096), {
      error: ({ input }) => `${depthMessage}; got ${JSON.stringify(input)}`,
    })
    .max(MAX_DEPTH, { error: ({ input }) => `${depthMessage}; got ${Array.isArray(input) ? input.length : input}` })
    .default([64, 64])
    .meta({ description: 'The width of each hidden layer; without any, the network is linear' }),
  activation: oneOf('activation', ['relu', 'leaky_relu', 'gelu', 'silu', 'tanh', 'sigmoid'])
    .default('relu')
    .meta({ description: 'After each hidden layer' }),
  dropout: dropoutOf(0, 'after each hidden layer'),
  embed_above: boundedInteger('embed_above', 2, 65_536).exactOptional().meta({
    default: MOST_ONE_HOT,
    description:
      'A category with more values than this has a learned vector for each of them, and one for values that training rows had not; others are one-hot',
  }),
});

export type MlpHyperparameters = z.output<typeof hyperparameters>;

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** Of the first layer's input: an embedded category has the numbers of its vector in place of its code. */
const widthOf = (shape: NetworkShape): number =>
  embeddingsOf(shape).reduce((sum, { size }) => sum + size - 1, sizeOf(shape.input));

function layers(shape: NetworkShape, { hidden_layers }: MlpHyperparameters): Layer[] {
  const widths = [widthOf(shape), ...hidden_layers, shape.outputs];
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
  const embeddings = embeddingsOf(shape);
  const activation: Activation = activations[h.activation];
  const forward = (b: Builder, parameters: Values, x: Value, mode: Mode): Value =>
    all.reduce(
      (input, { name }, i) => {
        const step = (): Value => {
          const z = linear(b, input, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!);
          if (i === all.length - 1) return z;
          const y = activation.apply(b, z);
          return mode.training ? dropout(b, y, h.dropout, { seed: mode.seed, step: mode.step, stream: name }) : y;
        };
        return b.at(`mlp/${name}`, step);
      },
      embedded(b, parameters, x, embeddings, mode),
    );
  const isOutput = (i: number) => i === all.length - 1;
  return {
    parameters: [
      ...embeddings.map(({ parameter }) => parameter),
      ...all.flatMap((layer, i) => parametersOf(layer, isOutput(i) ? xavierUniform : activation.initializer)),
    ],
    forward,
  };
}

/** Dropout has no part in predictions, so the module has none. */
function torchModule(shape: NetworkShape, h: MlpHyperparameters): TorchModule {
  const all = layers(shape, h);
  const linears = all.map(({ inputs, outputs }) => `nn.Linear(${inputs}, ${outputs})`);
  const embeddings = embeddingsOf(shape);
  const plain = sizeOf(shape.input) - embeddings.length;
  const [made, taken] =
    embeddings.length === 0
      ? ['', '']
      : [
          `        self.embeddings = nn.ModuleList([${embeddings.map(({ codes, size }) => `nn.Embedding(${codes}, ${size})`).join(', ')}])\n`,
          `        codes = x[:, ${plain}:].long()
        x = torch.cat([x[:, :${plain}]] + [embed(codes[:, i]) for i, embed in enumerate(self.embeddings)], dim=1)\n`,
        ];
  const source = `class Model(nn.Module):
    def __init__(self):
        super().__init__()
${made}        self.hidden = nn.ModuleList([${linears.slice(0, -1).join(', ')}])
        self.output = ${linears.at(-1)}

    def forward(self, x):
${taken}        for layer in self.hidden:
            x = ${activations[h.activation].torch}(layer(x))
        return self.output(x)
`;
  return { source, ...turnedMatrices((name) => !name.startsWith(EMBEDDINGS)) };
}

/** The multilayer perceptron. */
export const mlp: Family<MlpHyperparameters> = {
  name: 'mlp',
  label: 'MLP',
  description: 'Multilayer perceptron for rows of numbers and categories.',
  tasks: ['classification', 'regression', 'multilabel'],
  kinds: ['table'],
  hyperparameters,
  // Chosen on generated tables of a few hundred rows (make_classification, make_moons, make_friedman1, make_regression).
  decay: (task) => (task === 'regression' ? 10 : 3),
  wanted: ({ embed_above = MOST_ONE_HOT }) => ({ table: { embedAbove: embed_above } }),
  network,
  flopsPerRow: (shape, h) => layers(shape, h).reduce((sum, { inputs, outputs }) => sum + 2 * inputs * outputs, 0),
  torchModule,
};
