/** Residual networks (He et al. 2016) as torchvision computes them, with its names of parameters. */
import { z } from 'zod';
import type { Builder, Value } from '#engine/graph.ts';
import { relu } from '#engine/ops/activation.ts';
import { add } from '#engine/ops/elementwise.ts';
import { linear } from '#engine/ops/linalg.ts';
import { maxPool } from '#engine/ops/pool.ts';
import { reduceMean } from '#engine/ops/reduce.ts';
import { fanInUniform, zeros } from '#engine/random.ts';
import type { Mode, Network, Values } from '#engine/training/network.ts';
import type { Family, NetworkShape } from '../family.ts';
import { type TorchModule, turnedMatrices } from '../torch-module.ts';
import { augmented } from './augment.ts';
import { augmentationOf, imageHyperparameters, wantedOf } from './hyperparameters.ts';
import { type ConvSpec, convFlops, convolved, convParameter, normalised, normParameters } from './layers.ts';

const hyperparameters = z.strictObject(imageHyperparameters);

export type ResNetHyperparameters = z.output<typeof hyperparameters>;

/** How deep a network is, and of what. */
interface Depth {
  /** Blocks of each stage. */
  readonly stages: readonly [number, number, number, number];
  /** The kernels of a block's convolutions; the one that has the stride. */
  readonly kernels: readonly number[];
  readonly strided: number;
  /** By how much the last convolution of a block is wider than the others. */
  readonly expansion: number;
}

/** 3×3 and 3×3. */
const BASIC = { kernels: [3, 3], strided: 0, expansion: 1 } as const;
/** 1×1, 3×3 and 1×1, four times as wide. The stride is in the middle: ResNet V1.5. */
const BOTTLENECK = { kernels: [1, 3, 1], strided: 1, expansion: 4 } as const;

const WIDTHS = [64, 128, 256, 512] as const;
const STEM: Omit<ConvSpec, 'inputs'> = { name: 'conv1', outputs: 64, kernel: 7, stride: 2 };

interface Block {
  readonly name: string;
  readonly convs: readonly ConvSpec[];
  readonly downsample: ConvSpec | undefined;
  readonly outputs: number;
  readonly stride: number;
}

function blocksOf({ stages, kernels, strided, expansion }: Depth): Block[] {
  let inputs: number = STEM.outputs;
  return WIDTHS.flatMap((inner, stage) =>
    Array.from({ length: stages[stage]! }, (_, i): Block => {
      const name = `layer${stage + 1}.${i}`;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const outputs = inner * expansion;
      const convs = kernels.map((kernel, k) => ({
        name: `${name}.conv${k + 1}`,
        inputs: k === 0 ? inputs : inner,
        outputs: k === kernels.length - 1 ? outputs : inner,
        kernel,
        stride: k === strided ? stride : 1,
      }));
      const isSame = stride === 1 && inputs === outputs;
      const downsample = isSame ? undefined : { name: `${name}.downsample.0`, inputs, outputs, kernel: 1, stride };
      inputs = outputs;
      return { name, convs, downsample, outputs, stride };
    }),
  );
}

const normOf = (conv: string): string =>
  conv.endsWith('downsample.0') ? conv.replace(/0$/, '1') : conv.replace(/conv(\d)$/, 'bn$1');

function block(b: Builder, p: Values, { convs, downsample }: Block, x: Value, mode: Mode): Value {
  const one = (conv: ConvSpec, input: Value) => normalised(b, p, normOf(conv.name), convolved(b, p, conv, input), mode);
  let y = x;
  for (const [i, conv] of convs.entries()) y = i < convs.length - 1 ? relu(b, one(conv, y)) : one(conv, y);
  return relu(b, add(b, y, downsample ? one(downsample, x) : x));
}

function network(depth: Depth, { input, outputs }: NetworkShape, h: ResNetHyperparameters): Network {
  const stem = { ...STEM, inputs: input[0]! };
  const blocks = blocksOf(depth);
  const convs = [stem, ...blocks.flatMap((of) => [...of.convs, ...(of.downsample ? [of.downsample] : [])])];
  const width = WIDTHS[3] * depth.expansion;
  return {
    parameters: [
      ...convs.flatMap((conv) => [convParameter(conv), ...normParameters(normOf(conv.name), conv.outputs)]),
      { name: 'fc.weight', shape: [width, outputs], initializer: fanInUniform, decay: true },
      { name: 'fc.bias', shape: [outputs], initializer: zeros, decay: false },
    ],
    forward(b, p, x, mode) {
      const source = mode.training ? { seed: mode.seed, step: mode.step, stream: 'augment' } : undefined;
      const given = source ? b.at('augment', () => augmented(b, x, augmentationOf(h), source)) : x;
      let y = b.at('stem', () => relu(b, normalised(b, p, normOf(stem.name), convolved(b, p, stem, given), mode)));
      y = maxPool(b, y, [3, 3], { strides: 2, pads: 1 });
      for (const of of blocks) y = b.at(of.name, () => block(b, p, of, y, mode));
      return linear(b, reduceMean(b, y, { axes: [2, 3] }), p['fc.weight']!, p['fc.bias']!);
    },
  };
}

/** torchvision's own, whose names the parameters have. */
const torchModule = (name: string, { input: [channels = 3], outputs }: NetworkShape): TorchModule => ({
  source: `from torchvision.models import ${name}


def Model():
    model = ${name}(num_classes=${outputs})
    model.conv1 = nn.Conv2d(${channels}, 64, kernel_size=7, stride=2, padding=3, bias=False)
    return model
`,
  ...turnedMatrices(),
});

const halved = (length: number): number => Math.ceil(length / 2);

function flopsPerRow(depth: Depth, { input }: NetworkShape): number {
  const [channels, height, width] = input as [number, number, number];
  let [h, w] = [halved(height), halved(width)];
  let sum = convFlops({ ...STEM, inputs: channels }, h, w);
  [h, w] = [halved(h), halved(w)];
  for (const { convs, downsample, stride } of blocksOf(depth)) {
    if (stride === 2) [h, w] = [halved(h), halved(w)];
    for (const conv of downsample ? [...convs, downsample] : convs) sum += convFlops(conv, h, w);
  }
  return sum;
}

const family = (layers: number, depth: Depth): Family<ResNetHyperparameters> => ({
  name: `resnet${layers}`,
  label: `ResNet-${layers}`,
  description: `Residual network of ${layers} layers for images, as torchvision has it.`,
  tasks: ['classification', 'regression'],
  kinds: ['image'],
  hyperparameters,
  wanted: wantedOf(`${STEM.name}.weight`),
  network: (shape, h) => network(depth, shape, h),
  flopsPerRow: (shape) => flopsPerRow(depth, shape),
  torchModule: (shape) => torchModule(`resnet${layers}`, shape),
});

export const resnet18 = family(18, { ...BASIC, stages: [2, 2, 2, 2] });
export const resnet50 = family(50, { ...BOTTLENECK, stages: [3, 4, 6, 3] });
