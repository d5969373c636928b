import type { Builder, Value } from '../graph.ts';
import { tensor } from '../tensor.ts';
import { formatShape, ShapeError } from '../type.ts';
import { mul } from './elementwise.ts';
import { matMul } from './linalg.ts';
import { transpose } from './movement.ts';
import { softmax } from './norm.ts';
import { where } from './select.ts';
import { staticDim } from './window.ts';

export interface AttentionOptions {
  /** Where a query may look, bool, broadcasting to [..., queries, keys]. */
  readonly mask?: Value;
  /** Whether query i may look at keys 0 to i only. */
  readonly causal?: boolean;
  /** Of the scores; 1/√width if absent. */
  readonly scale?: number;
}

/** Low enough that its exponential is 0 beside any score, and finite, so that a row without keys has no NaN. */
const NOWHERE = -1e30;

/**
 * softmax(q kᵀ · scale) v over q [..., queries, width], k [..., keys, width] and v [..., keys, values] →
 * [..., queries, values]: Vaswani et al. 2017, eq. 1. A query that may look nowhere gets the mean of all values.
 * @throws ShapeError
 */
export function attention(b: Builder, q: Value, k: Value, v: Value, options: AttentionOptions = {}): Value {
  const { mask, causal = false, scale = 1 / Math.sqrt(staticDim(q.type.shape, q.type.shape.length - 1)) } = options;
  if (mask && mask.type.dtype !== 'bool') throw new ShapeError(`attention wants a bool mask; got ${mask.type.dtype}`);
  const scores = matMul(b, mul(b, q, scale), transpose(b, k));
  const masks = [...(mask ? [mask] : []), ...(causal ? [causalMask(b, scores)] : [])];
  const allowed = masks.reduce((value, one) => where(b, one, value, NOWHERE), scores);
  return matMul(b, softmax(b, allowed), v);
}

function causalMask(b: Builder, scores: Value): Value {
  const [queries, keys] = scores.type.shape.slice(-2);
  if (typeof queries !== 'number' || typeof keys !== 'number')
    throw new ShapeError(`causal attention wants lengths known in advance; got ${formatShape(scores.type.shape)}`);
  const data = Uint8Array.from({ length: queries * keys }, (_, i) => (i % keys <= Math.floor(i / keys) ? 1 : 0));
  return b.constant(tensor('bool', [queries, keys], data));
}
