import { z } from 'zod';
import type { Builder, Value } from '#engine/graph.ts';
import { relu } from '#engine/ops/activation.ts';
import { linear } from '#engine/ops/linalg.ts';
import { maxPool } from '#engine/ops/pool.ts';
import { dropout } from '#engine/ops/random.ts';
import { reduceMean } from '#engine/ops/reduce.ts';
import { xavierUniform, zeros } from '#engine/random.ts';
import type { Network } from '#engine/training/network.ts';
import type { Family, NetworkShape } from '../family.ts';
import { boundedInteger, dropoutOf } from '../hyperparameters.ts';
import { type TorchModule, turnedMatrices } from '../torch-module.ts';
import { augmented } from './augment.ts';
import { augmentationOf, imageHyperparameters, wantedOf } from './hyperparameters.ts';
import { type ConvSpec, convFlops, convolved, convParameter, normalised, normParameters } from './layers.ts';

const MAX_DEPTH = 6;

const hyperparameters = z.strictObject({
  ...imageHyperparameters,
  channels: z
    .array(boundedInteger('channels: width', 1, 1024), { error: 'channels must be a list of widths' })
    .min(1, { error: 'channels must have at least 1 width' })
    .max(MAX_DEPTH, { error: `channels must have at most ${MAX_DEPTH} widths` })
    .default([32, 64, 128])
    .meta({ description: 'Of each block: two convolutions, after which the sides are halved' }),
  dropout: dropoutOf(0.1, 'before the last layer'),
});

export type SmallCnnHyperparameters = z.output<typeof hyperparameters>;

interface Block {
  readonly convs: readonly [ConvSpec, ConvSpec];
  /** Whether the sides are halved after it. */
  readonly pools: boolean;
  /** Of its convolutions. */
  readonly height: number;
  readonly width: number;
}

function blocksOf({ input }: NetworkShape, { channels }: SmallCnnHyperparameters): Block[] {
  const [inputs, height, width] = input as [number, number, number];
  return channels.map((outputs, i) => {
    const side = (length: number): number =>
      Math.max(1, Math.floor(length / 2 ** Math.min(i, halvings(height, width))));
    const conv = (name: string, from: number): ConvSpec => ({ name, inputs: from, outputs, kernel: 3, stride: 1 });
    return {
      convs: [conv(`blocks.${i}.conv1`, i === 0 ? inputs : channels[i - 1]!), conv(`blocks.${i}.conv2`, outputs)],
      pools: i < channels.length - 1 && i < halvings(height, width),
      height: side(height),
      width: side(width),
    };
  });
}

/** Until the shorter side is one of less than four pixels. */
const halvings = (height: number, width: number): number =>
  Math.max(0, Math.floor(Math.log2(Math.min(height, width))) - 1);

/** The name of a convolution's normalisation. */
const normOf = (conv: string): string => conv.replace('conv', 'bn');

/** (3×3 convolution → batch normalisation → ReLU) twice per block, halved between blocks → mean → linear. */
function network(shape: NetworkShape, h: SmallCnnHyperparameters): Network {
  const blocks = blocksOf(shape, h);
  const width = h.channels.at(-1)!;
  return {
    parameters: [
      ...blocks.flatMap(({ convs }) =>
        convs.flatMap((conv) => [convParameter(conv), ...normParameters(normOf(conv.name), conv.outputs)]),
      ),
      { name: 'fc.weight', shape: [width, shape.outputs], initializer: xavierUniform, decay: true },
      { name: 'fc.bias', shape: [shape.outputs], initializer: zeros, decay: false },
    ],
    forward(b: Builder, p, x, mode): Value {
      const random = (stream: string) => (mode.training ? { seed: mode.seed, step: mode.step, stream } : undefined);
      const source = random('augment');
      let y = source ? b.at('augment', () => augmented(b, x, augmentationOf(h), source)) : x;
      for (const [i, { convs, pools }] of blocks.entries()) {
        y = b.at(`block ${i}`, () => {
          let inner = y;
          for (const conv of convs)
            inner = relu(b, normalised(b, p, normOf(conv.name), convolved(b, p, conv, inner), mode));
          return pools ? maxPool(b, inner, [2, 2], { strides: 2 }) : inner;
        });
      }
      const mean = reduceMean(b, y, { axes: [2, 3] });
      const drop = random('dropout');
      return linear(b, drop ? dropout(b, mean, h.dropout, drop) : mean, p['fc.weight']!, p['fc.bias']!);
    },
  };
}

/** In Python, with the network's names of parameters. */
function torchModule(shape: NetworkShape, h: SmallCnnHyperparameters): TorchModule {
  const blocks = blocksOf(shape, h).map(({ convs: [{ inputs, outputs }], pools }) => {
    return `            Block(${inputs}, ${outputs}, pools=${pools ? 'True' : 'False'}),`;
  });
  return {
    source: `class Block(nn.Module):
    def __init__(self, inputs, outputs, pools):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.pool = nn.MaxPool2d(2) if pools else nn.Identity()

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        return self.pool(self.bn2(self.conv2(x)).relu())


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(
${blocks.join('\n')}
        )
        self.dropout = nn.Dropout(${h.dropout})
        self.fc = nn.Linear(${h.channels.at(-1)!}, ${shape.outputs})

    def forward(self, x):
        return self.fc(self.dropout(self.blocks(x).mean(dim=(2, 3))))
`,
    ...turnedMatrices(),
  };
}

/** A convolutional network that learns small images in minutes on a processor. */
export const smallCnn: Family<SmallCnnHyperparameters> = {
  name: 'small-cnn',
  label: 'Small CNN',
  description: 'Convolutional network for small images.',
  tasks: ['classification', 'regression'],
  kinds: ['image'],
  hyperparameters,
  wanted: wantedOf('blocks.0.conv1.weight'),
  network,
  torchModule,
  flopsPerRow: (shape, h) =>
    blocksOf(shape, h).reduce(
      (sum, { convs, height, width }) => sum + convs.reduce((of, conv) => of + convFlops(conv, height, width), 0),
      0,
    ),
};
