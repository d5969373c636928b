/** The pieces of which all encoders consist. */
import type { Builder, Value } from '#engine/graph.ts';
import { add, mul, sub } from '#engine/ops/elementwise.ts';
import { gather } from '#engine/ops/indexing.ts';
import { slice } from '#engine/ops/join.ts';
import { linear as apply, matMul } from '#engine/ops/linalg.ts';
import { expandLike, reshape, squeeze, transpose, unsqueeze } from '#engine/ops/movement.ts';
import { softmax } from '#engine/ops/norm.ts';
import { layerNorm } from '#engine/ops/normalize.ts';
import { cumSum } from '#engine/ops/order.ts';
import { cast } from '#engine/ops/select.ts';
import { pooledDropout } from '#engine/pooled-dropout.ts';
import { type Initializer, ones, zeros } from '#engine/random.ts';
import type { Mode, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import type { EncoderParameter, Tokens } from './encoder.ts';

/** Normally distributed, as transformers draws new layers: Box and Muller 1958. */
const normal: Initializer = (shape, uniform) => {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    values[i] = DEVIATION * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return values;
};
const DEVIATION = 0.02;

/** The parameters of a linear layer, of a norm, and of a table of vectors, at a depth. */
export const parametersAt = (depth: number) => ({
  linear: (name: string, inputs: number, outputs: number): EncoderParameter[] => [
    { name: `${name}.weight`, shape: [inputs, outputs], initializer: normal, decay: true, isTransposed: true, depth },
    { name: `${name}.bias`, shape: [outputs], initializer: zeros, decay: false, isTransposed: false, depth },
  ],
  norm: (name: string, width: number): EncoderParameter[] => [
    { name: `${name}.weight`, shape: [width], initializer: ones, decay: false, isTransposed: false, depth },
    { name: `${name}.bias`, shape: [width], initializer: zeros, decay: false, isTransposed: false, depth },
  ],
  table: (name: string, rows: number, width: number): EncoderParameter[] => [
    { name: `${name}.weight`, shape: [rows, width], initializer: normal, decay: true, isTransposed: false, depth },
  ],
});

/** The same layers, applied. */
export interface Layers {
  readonly b: Builder;
  readonly mode: Mode;
  linear(name: string, x: Value): Value;
  norm(name: string, x: Value): Value;
  /** Rows of a table at int64 positions of any shape. */
  look(name: string, positions: Value): Value;
  parameter(name: string): Value;
  /** @param stream a name of its own in the network */
  drop(x: Value, rate: number, stream: string): Value;
}

export function layersOf(b: Builder, parameters: Values, mode: Mode, epsilon: number): Layers {
  const parameter = (name: string) => parameters[name]!;
  return {
    b,
    mode,
    parameter,
    linear: (name, x) => apply(b, x, parameter(`${name}.weight`), parameter(`${name}.bias`)),
    norm: (name, x) => layerNorm(b, x, parameter(`${name}.weight`), parameter(`${name}.bias`), { epsilon }),
    look: (name, positions) => gather(b, parameter(`${name}.weight`), positions),
    drop: (x, rate, stream) =>
      mode.training ? pooledDropout(b, x, rate, { seed: mode.seed, step: mode.step, stream }) : x,
  };
}

/** Low enough that its exponential is 0 beside any score, and finite. */
const NOWHERE = -1e30;

/** What is added to scores [rows, heads, tokens, tokens] so that no token looks at padding: [rows, 1, 1, tokens]. */
export function maskBias(b: Builder, { mask }: Tokens): Value {
  return unsqueeze(b, mul(b, sub(b, 1, cast(b, mask, 'float32')), NOWHERE), [1, 2]);
}

/** [rows, tokens, heads · width] as [rows, heads, tokens, width]. */
export function splitHeads(b: Builder, x: Value, heads: number): Value {
  const [rows, tokens, width] = x.type.shape as [number, number, number];
  return transpose(b, reshape(b, x, [rows, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** The other way round. */
export function joinHeads(b: Builder, x: Value): Value {
  const [rows, heads, tokens, width] = x.type.shape as [number, number, number, number];
  return reshape(b, transpose(b, x, [0, 2, 1, 3]), [rows, tokens, heads * width]);
}

/** softmax(scores) · values, with dropout in between. */
export function attend({ b, drop }: Layers, scores: Value, values: Value, rate: number, stream: string): Value {
  return matMul(b, drop(softmax(b, scores), rate, stream), values);
}

export interface AttentionShape {
  readonly heads: number;
  /** Of one head. */
  readonly headWidth: number;
  readonly attentionDropout: number;
}

/** Plain attention of a layer, from its names: [rows, tokens, width], before the layer that mixes the heads. */
export function selfAttention(
  layers: Layers,
  x: Value,
  bias: Value,
  names: { readonly query: string; readonly key: string; readonly value: string },
  { heads, headWidth, attentionDropout }: AttentionShape,
): Value {
  const { b } = layers;
  const [q, k, v] = [names.query, names.key, names.value].map((name) => splitHeads(b, layers.linear(name, x), heads));
  const scores = matMul(b, mul(b, q!, 1 / Math.sqrt(headWidth)), transpose(b, k!));
  return joinHeads(b, attend(layers, add(b, scores, bias), v!, attentionDropout, `${names.query} attention`));
}

/** The vectors of positions 0, 1, …, which broadcast over the rows: [tokens, width], or [1, tokens, width]. */
export function positionsOf({ b, look, parameter }: Layers, name: string, { ids }: Tokens, first = 0): Value {
  const [, tokens] = ids.type.shape;
  if (typeof tokens === 'number') return slice(b, parameter(`${name}.weight`), 0, first, first + tokens);
  const ones = expandLike(b, b.scalar('int64', 1), ids);
  const counted = sub(b, cumSum(b, ones, 1), 1 - first);
  return look(name, counted);
}

/** The vector of the only kind of segment that a single text has. */
export const segmentOf = ({ b, parameter }: Layers, name: string): Value =>
  squeeze(b, slice(b, parameter(`${name}.weight`), 0, 0, 1), [0]);

/** What the last layer makes of the first token: [rows, width]. */
export const firstToken = (b: Builder, hidden: Value): Value =>
  squeeze(b, gather(b, hidden, b.constant({ dtype: 'int64', shape: [1], data: BigInt64Array.of(0n) }), 1), [1]);
