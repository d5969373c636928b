import { vjp } from '../grad.ts';
import { Builder, Graph, type Value } from '../graph.ts';
import type { Op, Vjp } from '../op.ts';
import { less } from '../ops/compare.ts';
import { sub } from '../ops/elementwise.ts';
import { reduceSum } from '../ops/reduce.ts';
import { cast } from '../ops/select.ts';
import { inline } from '../rewrite.ts';
import type { Mode } from '../training/network.ts';
import { type DType, formatType, isFloat, ShapeError, sameShape } from '../type.ts';

/** The copy starts from the first `saved` inputs. It shares the other ones with the original. */
interface RecomputedAttrs {
  readonly body: Graph;
  readonly saved: number;
}

/*
 *  forward    x ──▶ body ──▶ y                          keeps x; the body's intermediate results are released
 *  backward   x ──▶ barrier(x, ȳ) ──▶ body again ──▶ vjp(ȳ) ──▶ x̄
 *
 *  The copy has the same operations as the body, on equal numbers. An optimizer that merges equal nodes would undo it,
 *  and one that may choose the order could run it long before it is needed. The barrier prevents both: its result is x,
 *  bit for bit, but computed from ȳ.
 */
const recomputedVjp: Vjp<RecomputedAttrs> = (b, n, ct, need) => {
  const { body, saved } = n.attrs;
  const given = ct.flatMap((value, i) => (value ? [{ value, i }] : []));
  const by = n.inputs.flatMap((input, i) => (need[i] && isFloat(input.type.dtype) ? [i] : []));
  const inner = new Builder();
  const argument = ({ type }: Value, i: number) => inner.input(`argument.${i}`, type.dtype, type.shape);
  const inputs = body.inputs.map(argument);
  const cotangents = new Map(given.map(({ value, i }) => [i, argument(value, i)]));
  const flows = inner.at(b.place, () =>
    vjp(
      inner,
      inline(inner, body, inputs),
      body.outputs.map((_, i) => cotangents.get(i)),
      by.map((i) => inputs[i]!),
    ),
  );
  const reached = by.flatMap((i, k) => (flows[k] ? [{ i, flow: flows[k] }] : []));
  const backward = new Graph(
    'backward',
    [...inputs, ...cotangents.values()],
    reached.map(({ flow }) => flow),
  );
  const signal = given[0]!.value;
  const again = n.inputs.map((input, i) => (i < saved ? barrier(b, input, signal) : input));
  const found = inline(b, backward, [...again, ...given.map(({ value }) => value)]);
  const byInput = new Map(reached.map(({ i }, k) => [i, found[k]!]));
  return n.inputs.map((_, i) => byInput.get(i));
};

/**
 * The value itself, but not before `signal` is available. s < s is false for every s, even NaN, and x − 0 is x even if
 * x is −0. No optimizer may assume either of numbers that it does not know.
 */
function barrier(b: Builder, x: Value, signal: Value): Value {
  if (!arithmetic.has(x.type.dtype)) return x;
  const sum = reduceSum(b, signal);
  return sub(b, x, cast(b, less(b, sum, sum), x.type.dtype));
}

const arithmetic: ReadonlySet<DType> = new Set<DType>(['float32', 'float64', 'int64', 'int32']);

/** It is written as the nodes of its body, inline. */
export const recomputedOp: Op<RecomputedAttrs> = {
  name: 'Recomputed',
  infer: (inputs, { body }) => {
    for (const [i, got] of inputs.entries()) {
      const wanted = body.inputs[i]!.type;
      if (got.dtype !== wanted.dtype || !sameShape(got.shape, wanted.shape))
        throw new ShapeError(`wants ${formatType(wanted)} for input ${i}; got ${formatType(got)}`);
    }
    return body.outputs.map(({ type }) => type);
  },
  vjp: recomputedVjp,
  emit: (w, n) => {
    const { body } = n.attrs;
    const kept = n.outputs.flatMap((output, i) => (w.uses(output) ? [i] : []));
    const graph = new Graph(
      body.name,
      body.inputs,
      kept.map((i) => body.outputs[i]!),
    );
    w.inline(
      graph,
      n.inputs,
      kept.map((i) => n.outputs[i]!),
    );
  },
  mapGraphs: (attrs, replace) => ({ ...attrs, body: replace(attrs.body) }),
};

/** Builds a separate graph, in which values from outside become inputs. */
class SegmentBuilder extends Builder {
  /** Values from outside, and the inputs that represent them. */
  readonly captured = new Map<Value, Value>();
  readonly #own = new Set<Value>();

  override input(...args: Parameters<Builder['input']>): Value {
    const value = super.input(...args);
    this.#own.add(value);
    return value;
  }

  override apply<A>(op: Op<A>, inputs: readonly Value[], attrs: A): readonly Value[] {
    const outputs = super.apply(
      op,
      inputs.map((input) => this.own(input)),
      attrs,
    );
    for (const output of outputs) this.#own.add(output);
    return outputs;
  }

  /** The value if it was created here, otherwise the input that represents it. */
  own(value: Value): Value {
    if (this.#own.has(value)) return value;
    const { dtype, shape } = value.type;
    const known = this.captured.get(value) ?? this.input(`captured.${this.captured.size}`, dtype, shape);
    this.captured.set(value, known);
    return known;
  }
}

/** Builds a part of a graph with the given builder, from its inputs and from any other values. */
export type Segment = (b: Builder, inputs: readonly Value[]) => readonly Value[];

/**
 * A part of a graph that only keeps its inputs for its gradient: the backward pass computes it again. Chen et al. 2016,
 * "Training Deep Nets with Sublinear Memory Cost". Results and gradients are the same as without it. What the body
 * computes only from values other than `inputs` is not computed again, so weights are not copied. A gradient that is
 * taken inside is one with respect to values created inside.
 * @throws ShapeError from the body
 */
export function recomputed(b: Builder, inputs: readonly Value[], body: Segment): readonly Value[] {
  const inner = new SegmentBuilder();
  const args = inputs.map(({ type }, i) => inner.input(`input.${i}`, type.dtype, type.shape));
  const outputs = inner.at(b.place, () => body(inner, args)).map((output) => inner.own(output));
  const captured = [...inner.captured];
  const graph = new Graph('segment', [...args, ...captured.map(([, input]) => input)], outputs);
  const attrs = { body: graph, saved: inputs.length };
  return b.apply(recomputedOp, [...inputs, ...captured.map(([value]) => value)], attrs);
}

/** A part of a network's forward pass from one value to the next: a residual block, a layer of an encoder. */
export type Layer = (b: Builder, x: Value, mode: Mode) => Value;

/**
 * A layer that only keeps its input in training; see `recomputed`. The copy draws the same dropout masks. Statistics
 * that the layer carries are updated once.
 */
export function recomputedLayer(b: Builder, x: Value, mode: Mode, layer: Layer): Value {
  if (!mode.training) return layer(b, x, mode);
  const carried = new Map<string, Value>();
  const [y, ...values] = recomputed(b, [x, mode.step], (inner, [x, step]) => {
    const carry = (name: string, value: Value) => {
      carried.set(name, value);
    };
    const result = layer(inner, x!, { ...mode, step: step!, carry });
    return [result, ...carried.values()];
  });
  for (const [i, name] of [...carried.keys()].entries()) mode.carry(name, values[i]!);
  return y!;
}
