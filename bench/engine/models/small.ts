import { grad } from '#engine/grad.ts';
import type { Builder, Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import type { Values } from '#engine/training/network.ts';
import { type BenchModel, bias, dense, kernel, weight } from './model.ts';

function layer(b: Builder, p: Values, name: string, x: Value): Value {
  return ops.linear(b, x, p[`${name}.w`]!, p[`${name}.b`]);
}

export const perceptron: BenchModel = {
  name: 'perceptron',
  network: {
    parameters: [...dense('hidden', 784, 256), ...dense('out', 256, 10)],
    forward: (b, p, x) => layer(b, p, 'out', ops.relu(b, layer(b, p, 'hidden', x))),
  },
  loss: softmaxCrossEntropy,
  batch: 64,
  input: [784],
  classes: 10,
};

export const convolutional: BenchModel = {
  name: 'convolutional',
  network: {
    parameters: [
      kernel('c1.w', [32, 3, 3, 3]),
      bias('c1.b', 32),
      kernel('c2.w', [64, 32, 3, 3]),
      bias('c2.b', 64),
      ...dense('out', 4096, 10),
    ],
    forward: (b, p, x) => {
      const block = (x: Value, name: string) => {
        const y = ops.conv(b, x, p[`${name}.w`]!, p[`${name}.b`], { pads: 1 });
        return ops.maxPool(b, ops.relu(b, y), [2, 2], { strides: 2 });
      };
      const y = block(block(x, 'c1'), 'c2');
      return layer(b, p, 'out', ops.reshape(b, y, [y.type.shape[0]!, 4096]));
    },
  },
  loss: softmaxCrossEntropy,
  batch: 64,
  input: [3, 32, 32],
  classes: 10,
};

const [FEATURES, UNITS] = [32, 64];
const SIDES = ['forward', 'backward'] as const;

/** Two bidirectional layers of 64 units over 50 steps. */
export const lstm: BenchModel = {
  name: 'lstm',
  network: {
    parameters: [
      ...[FEATURES, 2 * UNITS].flatMap((inputs, i) =>
        SIDES.flatMap((side) => [
          weight(`${i}.${side}.input`, [inputs, 4 * UNITS]),
          weight(`${i}.${side}.hidden`, [UNITS, 4 * UNITS]),
          bias(`${i}.${side}.bias`, 4 * UNITS),
        ]),
      ),
      ...dense('out', 2 * UNITS, 10),
    ],
    forward: (b, p, x) => {
      const over = (x: Value, i: number) =>
        ops.lstm(
          b,
          x,
          SIDES.map((side) => {
            const [input, hidden, inputBias] = ['input', 'hidden', 'bias'].map((name) => p[`${i}.${side}.${name}`]!);
            return {
              weights: { input: input!, hidden: hidden!, inputBias: inputBias! },
              reverse: side === 'backward',
            };
          }),
        ).sequence;
      const steps = over(over(ops.transpose(b, x, [1, 0, 2]), 0), 1);
      return layer(b, p, 'out', ops.reduceMean(b, steps, { axes: [0] }));
    },
  },
  loss: softmaxCrossEntropy,
  batch: 64,
  input: [50, FEATURES],
  classes: 10,
};

const WIDTH = 128;

/** Raissi 2018: u(t, x) and N(u, u_x, u_xx) with two hidden layers of 128, and the residual u_t − N in the loss. */
export const deepHpm: BenchModel = {
  name: 'deep-hpm',
  network: {
    parameters: ['u', 'n'].flatMap((name) => [
      ...dense(`${name}.1`, name === 'u' ? 2 : 3, WIDTH),
      ...dense(`${name}.2`, WIDTH, WIDTH),
      ...dense(`${name}.3`, WIDTH, 1),
    ]),
    forward: (b, p, x) => {
      const net = (name: string, values: Value) => {
        const first = ops.tanh(b, layer(b, p, `${name}.1`, values));
        return layer(b, p, `${name}.3`, ops.tanh(b, layer(b, p, `${name}.2`, first)));
      };
      const slope = (y: Value, by: Value) => grad(b, ops.reduceSum(b, y), [by])[0]!;
      const [t, s] = [ops.slice(b, x, 1, 0, 1), ops.slice(b, x, 1, 1, 2)];
      const u = net('u', ops.concat(b, [t, s], 1));
      const first = slope(u, s);
      const law = net('n', ops.concat(b, [u, first, slope(first, s)], 1));
      return ops.concat(b, [u, ops.sub(b, slope(u, t), law)], 1);
    },
  },
  loss: squaredError,
  batch: 1024,
  input: [2],
  target: [2],
};
