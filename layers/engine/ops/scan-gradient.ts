import { vjp } from '../grad.ts';
import { type Builder, constantOp, type Node, type Value } from '../graph.ts';
import type { Maybe } from '../op.ts';
import { inline, rewrite } from '../rewrite.ts';
import { isFloat } from '../type.ts';
import { type Directed, type ScanAttrs, scan } from './control.ts';
import { add } from './elementwise.ts';
import { hoistable, hoisted } from './hoist.ts';
import { zerosLike } from './movement.ts';

/** Where a factor of a hoisted product is found after the loop. */
type LiftedFactor = { readonly outer: Value } | { readonly slice: number };

/*
 *  forward    s₀ ─▶ body(c, s₀, x₀) ─▶ s₁ ─▶ body(c, s₁, x₁) ─▶ s₂      keeps s₀, s₁
 *  backward   s̄₀ ◀─ vjp(c, s₀, x₀) ◀─ s̄₁ ◀─ vjp(c, s₁, x₁) ◀─ s̄₂      carries c̄ as a growing sum
 *
 *  Each sequence is gone through the other way round. The backward step computes its forward step again from the state
 *  that it kept, but reads what that step said: a body that says what its derivative needs has nothing computed twice. A
 *  captured matrix W that is only multiplied by, h W, has the cotangent Σ hᵀ z̄ over the steps: the loop then says each
 *  step's h and z̄, and one product over all steps follows it (`hoisted`), instead of a small one and a sum in every step.
 */
export function scanVjp(
  b: Builder,
  n: Node<ScanAttrs>,
  ct: readonly Maybe<Value>[],
  need: readonly boolean[],
): Maybe<Value>[] {
  const { body, captured: c, states: s, inputsReversed, outputsReversed } = n.attrs;
  const slices = body.outputs.length - s;
  const backwards = (values: readonly Value[], reversed: readonly boolean[]): Directed[] =>
    values.map((value, i) => ({ value, reverse: !reversed[i] }));
  const sequences = backwards(n.inputs.slice(c + s), inputsReversed);
  const results = backwards(n.outputs.slice(s), outputsReversed);
  const wanted = (from: number, to: number) => [...need.keys()].slice(from, to).filter((i) => need[i]);
  const [capturedBy, slicesBy] = [wanted(0, c), wanted(c + s, n.inputs.length)];
  const floating = body.inputs
    .map((_, i) => i)
    .slice(c, c + s)
    .filter((i) => isFloat(body.inputs[i]!.type.dtype));
  const given = ct.flatMap((value, i) => (value && i >= s ? [{ value, reverse: results[i - s]!.reverse, i }] : []));
  const outside = [...results.slice(slices), ...sequences, ...results.slice(0, slices)];
  const lifted = new Map(hoistable(n).map((i) => [i, [] as LiftedFactor[]]));
  const summedBy = capturedBy.filter((i) => !lifted.has(i));
  const result = scan(b, {
    captured: n.inputs.slice(0, c),
    states: [
      ...floating.map((i) => ct[i - c] ?? zerosLike(b, n.inputs[i]!)),
      ...summedBy.map((i) => zerosLike(b, n.inputs[i]!)),
    ],
    sequences: [...outside, ...given],
    body: (inner, captured, sums, xs) => {
      const inputs = [...captured, ...xs.slice(0, n.inputs.length - c)];
      const fromSlices = new Map(given.map(({ i }, k) => [i, xs[outside.length + k]!]));
      const cotangents = body.outputs.map(
        (_, i): Maybe<Value> => (i < s ? sums[floating.indexOf(i + c)] : fromSlices.get(i)),
      );
      const liftedBy = capturedBy.filter((i) => lifted.has(i));
      const by = [...floating, ...summedBy, ...slicesBy, ...liftedBy];
      const again = inline(inner, body, inputs);
      const found = vjp(
        inner,
        again,
        cotangents,
        by.map((i) => inputs[i]!),
      );
      const flows = readBack(inner, found, again.slice(s), xs.slice(outside.length - slices, outside.length));
      const plus = (x: Maybe<Value>, y: Maybe<Value>) => (x && y ? add(inner, x, y) : (x ?? y));
      const next = flows
        .slice(0, sums.length)
        .map((flow, k) =>
          k < floating.length ? plus(flow, fromSlices.get(s + slices + floating[k]! - c)) : plus(sums[k], flow),
        );
      const says = slicesBy.map(
        (i, k): Directed => ({
          value: flows[sums.length + k] ?? zerosLike(inner, inputs[i]!),
          reverse: sequences[i - c - s]!.reverse,
        }),
      );
      const position = (value: Value, reverse: boolean): LiftedFactor => {
        const found = outside[xs.indexOf(value)];
        if (found?.reverse === reverse) return { outer: found.value };
        const slice = says.findIndex((one) => one.value === value && one.reverse === reverse);
        return { slice: slice < 0 ? says.push({ value, reverse }) - 1 : slice };
      };
      for (const [k, i] of liftedBy.entries()) {
        const factors = flows[sums.length + slicesBy.length + k]?.node?.inputs ?? [];
        // Both lie in one order: that of the first, if it lies outside already.
        const reverse = outside[xs.indexOf(factors[0]!)]?.reverse ?? true;
        lifted.set(
          i,
          factors.map((factor) => position(factor, reverse)),
        );
      }
      return { states: next.map((flow, k) => flow ?? zerosLike(inner, sums[k]!)), slices: says };
    },
  });
  const flows = new Map<number, Value>();
  for (const [k, i] of [...floating, ...summedBy].entries()) flows.set(i, result.states[k]!);
  for (const [k, i] of slicesBy.entries()) flows.set(i, result.sequences[k]!);
  for (const [i, factors] of lifted) {
    const [x, z] = factors.map((factor) => ('outer' in factor ? factor.outer : result.sequences[factor.slice]!));
    if (x && z) flows.set(i, hoisted(b, x, z));
  }
  return n.inputs.map((_, i) => flows.get(i));
}

/** The flows with what the forward step said read from its sequences, not computed again. */
function readBack(
  b: Builder,
  flows: readonly Maybe<Value>[],
  computed: readonly Value[],
  said: readonly Value[],
): Maybe<Value>[] {
  const known = new Map(computed.flatMap((value, i) => (isComputed(value) ? [[value, said[i]!] as const] : [])));
  const made = rewrite(
    flows.filter((flow) => flow !== undefined),
    known,
    (node, inputs) => b.at(node.place, () => b.apply(node.op, inputs, node.attrs)),
  ).values();
  return flows.map((flow) => flow && made.next().value);
}

function isComputed({ node }: Value): boolean {
  return node !== null && node.op !== constantOp;
}
