import type { Builder, Node, Value } from '../graph.ts';
import type { Maybe } from '../op.ts';
import { type ScanAttrs, scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { hoistable, hoisted } from './hoist.ts';
import { concat } from './join.ts';
import { gemm } from './linalg.ts';
import { zerosLike } from './movement.ts';

/*
 *  c = f ∘ c′ + i ∘ g,  h = o ∘ tanh c.  With the products p = i ∘ g and q = f ∘ c′, which the forward step makes anyway:
 *
 *    c̄ ← c̄ + h̄ ∘ (o − h ∘ tanh c)          before the tanh          c̄ ← c̄ ∘ f   for the step before
 *    c̄ ∘ p ∘ (1 − i),  h̄ ∘ h ∘ (1 − o),  c̄ ∘ q ∘ (1 − f),  c̄ ∘ (i − p ∘ g)     before the activations of i, o, f, g
 *
 *  All factors but c̄ and h̄ are known once the forward loop is through.
 */

/**
 * The gradient of the loop in `lstm`, whose factors are made for all steps at once: the loop over them has ten
 * operations a step, the derived one (`scanVjp`) has 25. The cotangents may be of what the layer says and ends with.
 * @param n one captured matrix, two states, one sequence; says h, i, o, f, g, tanh c, q and p
 * @returns absent where the derived gradient is wanted: sizes are not known, or something reads the gates
 */
export function lstmVjp(b: Builder, n: Node<ScanAttrs>, ct: readonly Maybe<Value>[]): Maybe<Maybe<Value>[]> {
  const [last, lastCell, own, ...ofGates] = ct;
  if (hoistable(n).length === 0 || ofGates.some(Boolean)) return undefined;
  const [weights, hidden, cell] = n.inputs as [Value, Value, Value];
  const [said, input, output, forget, candidate, bounded, kept, entered, before] = n.outputs.slice(2) as Lstm;
  const rest = (gate: Value) => sub(b, 1, gate);
  const factors = [
    sub(b, output, mul(b, said, bounded)),
    mul(b, entered, rest(input)),
    mul(b, said, rest(output)),
    mul(b, kept, rest(forget)),
    sub(b, input, mul(b, entered, candidate)),
    forget,
  ];
  const { states, sequences } = scan(b, {
    captured: [weights],
    states: [last ?? zerosLike(b, hidden), lastCell ?? zerosLike(b, cell)],
    sequences: [...factors, ...(own ? [own] : [])],
    reverse: !n.attrs.reverse,
    body: (b, [weights], [later, laterCell], [byHidden, i, o, f, g, forget, own]) => {
      const hidden = own ? add(b, later!, own) : later!;
      const cell = add(b, laterCell!, mul(b, hidden, byHidden!));
      const gates = concat(b, [mul(b, cell, i!), mul(b, hidden, o!), mul(b, cell, f!), mul(b, cell, g!)], 1);
      return {
        states: [gemm(b, gates, weights!, undefined, { transY: true }), mul(b, cell, forget!)],
        slices: [gates],
      };
    },
  });
  const gates = sequences[0]!;
  return [hoisted(b, before, gates), states[0]!, states[1]!, gates];
}

/** What the loop says, in its order, and the state that each step found. */
type Lstm = [Value, Value, Value, Value, Value, Value, Value, Value, Value];
