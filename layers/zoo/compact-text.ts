/** A small network over hashed n-grams: it is trained from scratch, in seconds. */
import type { Builder, Value } from '#engine/graph.ts';
import { relu } from '#engine/ops/activation.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { gather } from '#engine/ops/indexing.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { linear } from '#engine/ops/linalg.ts';
import { squeeze, unsqueeze } from '#engine/ops/movement.ts';
import { dropout } from '#engine/ops/random.ts';
import { reduceSum } from '#engine/ops/reduce.ts';
import { cast } from '#engine/ops/select.ts';
import { type Initializer, xavierUniform, zeros } from '#engine/random.ts';
import type { Mode, Network, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';

/** Of the hash table of n-grams, and the width of a vector. */
export const BUCKETS = 2 ** 15;
export const DIMENSIONS = 32;

export interface CompactTextShape {
  /** Of the hash table of n-grams. Bucket 0 is for padding, with weight 0. */
  readonly buckets: number;
  /** The width of an n-gram's vector. */
  readonly dimensions: number;
  readonly classes: number;
}

/** Weights of n-grams have length 1, so this gives hidden values that are far from where ReLU's saturate. */
const EMBEDDING_BOUND = 0.2;
const DROPOUT = 0.1;

const smallUniform: Initializer = (shape, uniform) => {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = (2 * uniform() - 1) * EMBEDDING_BOUND;
  return values;
};

/** A text's n-grams as one tensor, float32 [rows, 2, places]: their buckets, then their weights. */
export const packGrams = (b: Builder, buckets: Value, weights: Value): Value =>
  concat(b, [unsqueeze(b, cast(b, buckets, 'float32'), [1]), unsqueeze(b, weights, [1])], 1);

/** The network's logits [rows, classes] from buckets and weights, each [rows, places]. */
export function compactTextLogits(b: Builder, parameters: Values, buckets: Value, weights: Value, mode: Mode): Value {
  const vectors = gather(b, parameters['embedding.weight']!, buckets);
  const sum = reduceSum(b, mul(b, vectors, unsqueeze(b, weights, [-1])), { axes: [1] });
  const hidden = relu(b, add(b, sum, parameters['embedding.bias']!));
  const kept = mode.training
    ? dropout(b, hidden, DROPOUT, { seed: mode.seed, step: mode.step, stream: 'hidden' })
    : hidden;
  return linear(b, kept, parameters['output.weight']!, parameters['output.bias']!);
}

export function compactText({ buckets, dimensions, classes }: CompactTextShape): Network {
  return {
    parameters: [
      { name: 'embedding.weight', shape: [buckets, dimensions], initializer: smallUniform, decay: true },
      { name: 'embedding.bias', shape: [dimensions], initializer: zeros, decay: false },
      { name: 'output.weight', shape: [dimensions, classes], initializer: xavierUniform, decay: true },
      { name: 'output.bias', shape: [classes], initializer: zeros, decay: false },
    ],
    forward: (b, parameters, x, mode) => {
      // A trained network takes any number of places: a text of a request may be longer than all that were learned from.
      const codes = cast(b, squeeze(b, slice(b, x, 1, 0, 1), [1]), 'int64');
      const weights = squeeze(b, slice(b, x, 1, 1, 2), [1]);
      return b.at('compact-text', () => compactTextLogits(b, parameters, codes, weights, mode));
    },
  };
}

/** Floating-point operations of the forward pass of one text; a multiply-add counts as two. */
export const compactTextFlops = ({ dimensions, classes }: CompactTextShape, places: number): number =>
  2 * dimensions * (places + classes);
