import type { Builder, Node, Value } from '../graph.ts';
import type { Maybe } from '../op.ts';
import { isStatic, staticShape } from '../type.ts';
import { type ScanAttrs, scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { concat, slice, split } from './join.ts';
import { matMul } from './linalg.ts';
import { reshape, transpose, zerosLike } from './movement.ts';
import { reduceSum } from './reduce.ts';

/** What a step of an LSTM computes, each [directions, units, batch]. */
export interface LstmStep {
  readonly input: Value;
  readonly output: Value;
  readonly forget: Value;
  readonly candidate: Value;
  /** input ∘ candidate. */
  readonly entered: Value;
  /** forget ∘ the cell before. */
  readonly kept: Value;
  /** The tanh of the cell. */
  readonly bounded: Value;
  /** output ∘ bounded. */
  readonly said: Value;
}

/*
 *  c = f ∘ c′ + i ∘ g,  h = o ∘ tanh c.  With the products p = i ∘ g and q = f ∘ c′, which the forward step makes anyway:
 *
 *    c̄ ← c̄ + h̄ ∘ (o − h ∘ tanh c)          before the tanh          c̄ ← c̄ ∘ f   for the step before
 *    c̄ ∘ p ∘ (1 − i),  h̄ ∘ h ∘ (1 − o),  c̄ ∘ q ∘ (1 − f),  c̄ ∘ (i − p ∘ g)     before the activations of i, o, f, g
 *
 *  The factors of c̄ and h̄ are made in the forward step, while what they are made of is in the cache. The weights'
 *  cotangent Σ z̄ uᵀ is made after the loop, the inputs' comes with the state's: Wᵀ z̄ = [h̄; x̄; …].
 */

/** The six factors that the gradient's loop multiplies by. */
export function lstmFactors(b: Builder, step: LstmStep): readonly Value[] {
  const { input, output, forget, candidate, entered, kept, bounded, said } = step;
  return [
    sub(b, output, mul(b, said, bounded)),
    sub(b, entered, mul(b, entered, input)),
    sub(b, said, mul(b, said, output)),
    sub(b, kept, mul(b, kept, forget)),
    sub(b, input, mul(b, entered, candidate)),
    forget,
  ];
}

/**
 * The gradient of the loop in `lstm`. The cotangents may be of what each direction says, and of what the loop ends with.
 * @param n captured: weights [directions, 4 · units, rows], ones; states: hidden and cell [directions, units, batch]; one
 *   sequence [steps, 1, features, batch] for each direction. It says each direction's output, what was multiplied by, and
 *   the factors
 * @returns absent where the derived gradient is wanted: sizes are not known, or something reads the factors
 */
export function lstmVjp(
  b: Builder,
  n: Node<ScanAttrs>,
  ct: readonly Maybe<Value>[],
  need: readonly boolean[],
): Maybe<Maybe<Value>[]> {
  const { inputsReversed, outputsReversed } = n.attrs;
  const end = 2 + inputsReversed.length;
  if (ct.slice(end).some(Boolean) || !n.inputs.every(({ type }) => isStatic(type.shape))) return undefined;
  const [weights, , hidden, cell] = n.inputs as [Value, Value, Value, Value];
  const [read, ...factors] = n.outputs.slice(end, end + 7) as [Value, ...Value[]];
  const [units, features] = [staticShape(hidden.type.shape)[1]!, staticShape(n.inputs[4]!.type.shape)[2]!];
  // All directions read the same sequence: all of it is wanted, or none.
  const byInputs = need[4]!;
  const rows = byInputs ? [units, features] : [units];
  // Either all directions' outputs are read, or none is: they are read beside each other.
  const own = ct.slice(2, end).flatMap((value, d) => (value ? [{ value, reverse: !outputsReversed[d] }] : []));
  const { states, sequences } = scan(b, {
    captured: [slice(b, transpose(b, weights), 1, 0, units + (byInputs ? features : 0))],
    states: [ct[0] ?? zerosLike(b, hidden), ct[1] ?? zerosLike(b, cell)],
    sequences: [...factors.map((value) => ({ value, reverse: true })), ...own],
    body: (b, [weights], [later, laterCell], [byHidden, i, o, f, g, forget, ...own]) => {
      const hidden = own.length > 0 ? add(b, later!, concat(b, own, 0)) : later!;
      const cell = add(b, laterCell!, mul(b, hidden, byHidden!));
      const gates = concat(b, [mul(b, cell, i!), mul(b, hidden, o!), mul(b, cell, f!), mul(b, cell, g!)], 1);
      const [earlier, inputs] = split(b, matMul(b, weights!, gates), 1, rows);
      const each = inputs
        ? split(
            b,
            inputs,
            0,
            inputsReversed.map(() => 1),
          )
        : [];
      return {
        states: [earlier!, mul(b, cell, forget!)],
        slices: [{ value: gates, reverse: true }, ...each.map((value, d) => ({ value, reverse: !inputsReversed[d] }))],
      };
    },
  });
  const [gates, ...inputs] = sequences;
  const byWeights = need[0] ? transpose(b, sumOfProducts(b, read, gates!)) : undefined;
  return [byWeights, undefined, states[0], states[1], ...inputs];
}

/** A product for each step is faster until its numbers are so many times those that would be transposed. */
const STEPWISE = 2;

/**
 * Σ x zᵀ over the steps, [directions, n, m] from x [steps, directions, n, batch] and z [steps, directions, m, batch]: a
 * product for each step and a sum, which all threads share, or one product of what all steps have, transposed first.
 */
function sumOfProducts(b: Builder, x: Value, z: Value): Value {
  const [, , n, batch] = staticShape(x.type.shape) as [number, number, number, number];
  const m = staticShape(z.type.shape)[2]!;
  if (n * m <= STEPWISE * (n + m) * batch) return reduceSum(b, matMul(b, x, transpose(b, z)), { axes: [0] });
  return matMul(b, allSteps(b, x), transpose(b, allSteps(b, z)));
}

/** Every step's columns beside each other: [steps, directions, rows, batch] → [directions, rows, steps · batch]. */
function allSteps(b: Builder, x: Value): Value {
  const [, directions, rows] = staticShape(x.type.shape);
  return reshape(b, transpose(b, x, [1, 2, 0, 3]), [directions!, rows!, -1]);
}
