import type { Builder, Value } from '#engine/graph.ts';
import type { recomputedLayer } from '#engine/memory/recompute.ts';
import * as ops from '#engine/ops/index.ts';
import { ones, zeros } from '#engine/random.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';
import { type BenchModel, bias, dense, gain, kernel } from './model.ts';

/** What is done with each block or layer: `recomputedLayer`, or nothing. */
export type Wrap = typeof recomputedLayer;

const asItIs: Wrap = (b, x, mode, layer) => layer(b, x, mode);

/** Blocks, inner channels and first stride of each stage of ResNet-50: He et al. 2016, table 1. */
const STAGES = [
  [3, 64, 1],
  [4, 128, 2],
  [6, 256, 2],
  [3, 512, 2],
] as const;

function normalised(name: string, channels: number): ParameterSpec[] {
  const statistic = (what: string, initializer: ParameterSpec['initializer']) => ({
    name: `${name}.${what}`,
    shape: [channels],
    initializer,
    decay: false,
    trainable: false,
  });
  return [
    gain(`${name}.gain`, channels),
    bias(`${name}.bias`, channels),
    statistic('mean', zeros),
    statistic('variance', ones),
  ];
}

function convNorm(name: string, inputs: number, outputs: number, size: number): ParameterSpec[] {
  return [kernel(`${name}.w`, [outputs, inputs, size, size]), ...normalised(name, outputs)];
}

interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly inner: number;
  readonly stride: number;
}

const blocks: readonly Block[] = STAGES.flatMap(([count, inner, stride], stage) =>
  Array.from({ length: count }, (_, i) => ({
    name: `${stage}.${i}`,
    inputs: i > 0 ? 4 * inner : stage === 0 ? 64 : 2 * inner,
    inner,
    stride: i === 0 ? stride : 1,
  })),
);

/** A convolution without bias, and batch normalisation. */
function apply(b: Builder, p: Values, mode: Mode, name: string, x: Value, strides: number): Value {
  const w = p[`${name}.w`]!;
  const y = ops.conv(b, x, w, undefined, { strides, pads: (Number(w.type.shape[2]) - 1) / 2 });
  const [gain, bias, mean, variance] = ['gain', 'bias', 'mean', 'variance'].map((what) => p[`${name}.${what}`]!);
  const values = { gain: gain!, bias: bias!, mean: mean!, variance: variance! };
  if (!mode.training) return ops.batchNormInference(b, y, values);
  const result = ops.batchNormTraining(b, y, values);
  mode.carry(`${name}.mean`, result.mean);
  mode.carry(`${name}.variance`, result.variance);
  return result.y;
}

export const resnet50 = resnet();

export function resnet(wrap: Wrap = asItIs): BenchModel {
  return {
    name: 'resnet-50',
    network: {
      parameters: [
        ...convNorm('stem', 3, 64, 7),
        ...blocks.flatMap(({ name, inputs, inner, stride }) => [
          ...convNorm(`${name}.a`, inputs, inner, 1),
          ...convNorm(`${name}.b`, inner, inner, 3),
          ...convNorm(`${name}.c`, inner, 4 * inner, 1),
          ...(stride > 1 || inputs !== 4 * inner ? convNorm(`${name}.skip`, inputs, 4 * inner, 1) : []),
        ]),
        ...dense('out', 2048, 1000),
      ],
      forward: (b, p, x, mode) => {
        const stem = ops.relu(b, apply(b, p, mode, 'stem', x, 2));
        let y = ops.maxPool(b, stem, [3, 3], { strides: 2, pads: 1 });
        for (const { name, stride } of blocks)
          y = b.at(name, () =>
            wrap(b, y, mode, (b, x, mode) => {
              const skip = p[`${name}.skip.w`] ? apply(b, p, mode, `${name}.skip`, x, stride) : x;
              const first = ops.relu(b, apply(b, p, mode, `${name}.a`, x, 1));
              const second = ops.relu(b, apply(b, p, mode, `${name}.b`, first, stride));
              return ops.relu(b, ops.add(b, apply(b, p, mode, `${name}.c`, second, 1), skip));
            }),
          );
        return ops.linear(b, ops.reduceMean(b, y, { axes: [2, 3] }), p['out.w']!, p['out.b']);
      },
    },
    loss: softmaxCrossEntropy,
    batch: 8,
    input: [3, 224, 224],
    classes: 1000,
  };
}

const [WIDTH, HEADS, LENGTH] = [384, 6, 128];

/** An encoder of so many layers with normalisation before attention and before the inner layer, four times as wide. */
export function encoder(layers: number, wrap: Wrap = asItIs): BenchModel {
  const names = Array.from({ length: layers }, (_, i) => `${i}`);
  return {
    name: 'transformer',
    network: {
      parameters: [
        ...names.flatMap((i) => [
          gain(`${i}.norm1.gain`, WIDTH),
          bias(`${i}.norm1.bias`, WIDTH),
          ...dense(`${i}.qkv`, WIDTH, 3 * WIDTH),
          ...dense(`${i}.mix`, WIDTH, WIDTH),
          gain(`${i}.norm2.gain`, WIDTH),
          bias(`${i}.norm2.bias`, WIDTH),
          ...dense(`${i}.up`, WIDTH, 4 * WIDTH),
          ...dense(`${i}.down`, 4 * WIDTH, WIDTH),
        ]),
        ...dense('out', WIDTH, 10),
      ],
      forward: (b, p, x, mode) => {
        const layer = (y: Value, i: string) => wrap(b, y, mode, (b, y) => encoderLayer(b, p, i, y));
        const last = names.reduce((y, i) => b.at(i, () => layer(y, i)), x);
        return ops.linear(b, ops.reduceMean(b, last, { axes: [1] }), p['out.w']!, p['out.b']);
      },
    },
    loss: softmaxCrossEntropy,
    batch: 16,
    input: [LENGTH, WIDTH],
    classes: 10,
  };
}

function encoderLayer(b: Builder, p: Values, i: string, x: Value): Value {
  const rows = x.type.shape[0]!;
  const dense = (name: string, value: Value) => ops.linear(b, value, p[`${i}.${name}.w`]!, p[`${i}.${name}.b`]);
  const norm = (name: string, value: Value) => ops.layerNorm(b, value, p[`${i}.${name}.gain`]!, p[`${i}.${name}.bias`]);
  const heads = (value: Value) =>
    ops.transpose(b, ops.reshape(b, value, [rows, LENGTH, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  const qkv = ops.split(b, dense('qkv', norm('norm1', x)), -1, [WIDTH, WIDTH, WIDTH]).map(heads);
  const seen = ops.transpose(b, ops.attention(b, qkv[0]!, qkv[1]!, qkv[2]!), [0, 2, 1, 3]);
  const y = ops.add(b, x, dense('mix', ops.reshape(b, seen, [rows, LENGTH, WIDTH])));
  return ops.add(b, y, dense('down', ops.gelu(b, dense('up', norm('norm2', y)))));
}
