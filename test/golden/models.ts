import { grad } from '#engine/grad.ts';
import type { Builder, Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { crossEntropy, huberError, type Loss, softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import type { Mode, Values } from '#engine/training/network.ts';
import { biLstmNetwork } from '#zoo/bilstm-network.ts';
import type { Dynamics } from '#zoo/dynamics.ts';
import { physicsInformed, physicsInformedLoss } from '#zoo/physics-informed.ts';

/** A model of `models.py`, on the engine: from parameters and inputs to outputs. */
export interface GoldenModel {
  readonly loss: Loss;
  readonly forward: (b: Builder, p: Values, x: Value, mode: Mode) => Value;
}

const perceptron: GoldenModel = {
  loss: crossEntropy({ labelSmoothing: 0.1 }),
  forward: (b, p, x) => ops.linear(b, ops.relu(b, ops.linear(b, x, p.w1!, p.b1)), p.w2!, p.b2),
};

const convolutional: GoldenModel = {
  loss: softmaxCrossEntropy,
  forward: (b, p, x, mode) => {
    const first = ops.conv(b, x, p.k1!, undefined, { pads: 1 });
    const statistics = { gain: p.gain!, bias: p.shift!, mean: p.mean!, variance: p.variance! };
    const { y, mean, variance } = ops.batchNormTraining(b, first, statistics);
    if (mode.training) {
      mode.carry('mean', mean);
      mode.carry('variance', variance);
    }
    const pooled = ops.maxPool(b, ops.relu(b, y), [3, 3], { strides: 2, pads: 1 });
    const second = ops.conv(b, pooled, p.k2!, p.b2, { strides: [2, 1], dilations: [1, 2], groups: 2, pads: [1, 0] });
    const features = ops.averagePool(b, ops.silu(b, second), [2, 2]);
    return ops.linear(b, ops.reduceMean(b, features, { axes: [2, 3] }), p.w!, p.b);
  },
};

const lstm: GoldenModel = {
  loss: huberError(1),
  forward: (b, p, x) => {
    const steps = ops.transpose(b, x, [1, 0, 2]);
    const { sequence } = ops.lstm(
      b,
      steps,
      ['forward', 'backward'].map((side) => ({
        weights: { input: p[`${side}.input`]!, hidden: p[`${side}.hidden`]!, inputBias: p[`${side}.bias`]! },
        reverse: side === 'backward',
      })),
    );
    return ops.linear(b, ops.reduceMean(b, sequence, { axes: [0] }), p.w!, p.b);
  },
};

const HEADS = 2;

const transformer: GoldenModel = {
  loss: squaredError,
  forward: (b, p, x) => {
    const [rows, length, width] = x.type.shape.map(Number) as [number, number, number];
    const heads = (value: Value) =>
      ops.transpose(b, ops.reshape(b, value, [rows, length, HEADS, width / HEADS]), [0, 2, 1, 3]);
    const normal = ops.layerNorm(b, x, p['norm1.gain']!, p['norm1.bias']);
    const qkv = ops.linear(b, normal, p['qkv.w']!, p['qkv.b']);
    const [q, k, v] = ops.split(b, qkv, -1, [width, width, width]).map(heads) as [Value, Value, Value];
    const seen = ops.transpose(b, ops.attention(b, q, k, v, { causal: true }), [0, 2, 1, 3]);
    const mixed = ops.linear(b, ops.reshape(b, seen, [rows, length, width]), p['out.w']!, p['out.b']);
    const y = ops.add(b, x, mixed);
    const again = ops.layerNorm(b, y, p['norm2.gain']!, p['norm2.bias']);
    const inner = ops.gelu(b, ops.linear(b, again, p['up.w']!, p['up.b']));
    return ops.add(b, y, ops.linear(b, inner, p['down.w']!, p['down.b']));
  },
};

const deepHpm: GoldenModel = {
  loss: squaredError,
  forward: (b, p, x) => {
    const net = (name: string, values: Value) => {
      const hidden = ops.tanh(b, ops.linear(b, values, p[`${name}.w1`]!, p[`${name}.b1`]));
      return ops.linear(b, hidden, p[`${name}.w2`]!, p[`${name}.b2`]);
    };
    const [t, s] = [ops.slice(b, x, 1, 0, 1), ops.slice(b, x, 1, 1, 2)];
    const slope = (y: Value, by: Value) => grad(b, ops.reduceSum(b, y), [by])[0]!;
    const u = net('u', ops.concat(b, [t, s], 1));
    const first = slope(u, s);
    const law = net('n', ops.concat(b, [u, first, slope(first, s)], 1));
    return ops.concat(b, [u, ops.sub(b, slope(u, t), law)], 1);
  },
};

/** The families of the zoo, as they are: `forward` and the loss. */
const bilstm: GoldenModel = {
  loss: squaredError,
  forward: biLstmNetwork({ features: 2, outputs: 1, units: 3, dropout: 0 }).forward,
};

const prognostics = (dynamics: Dynamics): GoldenModel => ({
  loss: physicsInformedLoss,
  forward: physicsInformed({
    layers: { inputs: 3, depth: 2, width: 4, dropout: 0 },
    time: 1,
    dynamics,
    weighting: 'adpbal',
  }).forward,
});

export const models: Readonly<Record<string, GoldenModel>> = {
  perceptron,
  convolutional,
  lstm,
  transformer,
  'deep-hpm': deepHpm,
  bilstm,
  'physics-informed': prognostics('U,s,t,U_s,U_ss'),
  verhulst: prognostics('verhulst'),
};
