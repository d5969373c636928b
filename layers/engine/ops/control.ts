import { vjp } from '../grad.ts';
import { Builder, Graph, type Value } from '../graph.ts';
import type { Attribute } from '../onnx/write.ts';
import type { Maybe, Op, Vjp } from '../op.ts';
import { inline } from '../rewrite.ts';
import { type Dim, formatType, isFloat, ShapeError, sameShape, type Type } from '../type.ts';
import { add } from './elementwise.ts';
import { hoistable, hoisted } from './hoist.ts';
import { zerosLike } from './movement.ts';

/**
 * Inputs of the body: captured values, states, slices. Of the node: the same, with whole sequences for slices.
 * Outputs of the body: states, slices. Of the node: states, sequences, then each state as every step found it, which
 * the gradient needs and which is not written if nothing uses it.
 */
export interface ScanAttrs {
  readonly body: Graph;
  readonly captured: number;
  readonly states: number;
  readonly reverse: boolean;
}

export interface ScanSpec {
  /** Values of the outer graph that every step sees; they are not copied. */
  readonly captured: readonly Value[];
  /** First values of what is carried from step to step; types must not change on the way. */
  readonly states: readonly Value[];
  /** Sequences, cut along their first axis; at least one, all of one length. */
  readonly sequences: readonly Value[];
  /** From the last slice to the first; results lie in the order of the sequences all the same. */
  readonly reverse?: boolean;
  /** One step, made of its arguments only. */
  readonly body: (
    b: Builder,
    captured: readonly Value[],
    states: readonly Value[],
    slices: readonly Value[],
  ) => ScanStep;
}

export interface ScanStep {
  readonly states: readonly Value[];
  /** What this step adds to each resulting sequence. */
  readonly slices: readonly Value[];
}

export interface ScanResult {
  readonly states: readonly Value[];
  readonly sequences: readonly Value[];
}

/** Where a factor of a hoisted product is found after the loop. */
type LiftedFactor = { readonly outer: Value } | { readonly slice: number };

/*
 *  forward    s₀ ─▶ body(c, s₀, x₀) ─▶ s₁ ─▶ body(c, s₁, x₁) ─▶ s₂      keeps s₀, s₁
 *  backward   s̄₀ ◀─ vjp(c, s₀, x₀) ◀─ s̄₁ ◀─ vjp(c, s₁, x₁) ◀─ s̄₂      carries c̄ as a growing sum
 *
 *  The backward step computes its forward step again from the state that it kept. A captured matrix W that is only
 *  multiplied by, h W, has the cotangent Σ hᵀ z̄ over the steps: the loop then says each step's h and z̄, and one product
 *  over all steps follows it (`hoisted`), instead of a small one and a sum in every step.
 */
const scanVjp: Vjp<ScanAttrs> = (b, n, ct, need) => {
  const { body, captured: c, states: s, reverse } = n.attrs;
  const slices = body.outputs.length - s;
  const history = n.outputs.slice(s + slices);
  const wanted = (from: number, to: number) => [...need.keys()].slice(from, to).filter((i) => need[i]);
  const [capturedBy, slicesBy] = [wanted(0, c), wanted(c + s, n.inputs.length)];
  const floating = body.inputs
    .map((_, i) => i)
    .slice(c, c + s)
    .filter((i) => isFloat(body.inputs[i]!.type.dtype));
  const given = ct.flatMap((value, i) => (value && i >= s ? [{ value, i }] : []));
  const outside = [...history, ...n.inputs.slice(c + s)];
  const lifted = new Map(hoistable(n).map((i) => [i, [] as LiftedFactor[]]));
  const summedBy = capturedBy.filter((i) => !lifted.has(i));
  const result = scan(b, {
    captured: n.inputs.slice(0, c),
    states: [
      ...floating.map((i) => ct[i - c] ?? zerosLike(b, n.inputs[i]!)),
      ...summedBy.map((i) => zerosLike(b, n.inputs[i]!)),
    ],
    sequences: [...outside, ...given.map(({ value }) => value)],
    reverse: !reverse,
    body: (inner, captured, sums, xs) => {
      const inputs = [...captured, ...xs.slice(0, n.inputs.length - c)];
      const fromSlices = new Map(given.map(({ i }, k) => [i, xs[n.inputs.length - c + k]!]));
      const cotangents = body.outputs.map(
        (_, i): Maybe<Value> => (i < s ? sums[floating.indexOf(i + c)] : fromSlices.get(i)),
      );
      const liftedBy = capturedBy.filter((i) => lifted.has(i));
      const by = [...floating, ...summedBy, ...slicesBy, ...liftedBy];
      const flows = vjp(
        inner,
        inline(inner, body, inputs),
        cotangents,
        by.map((i) => inputs[i]!),
      );
      const plus = (x: Maybe<Value>, y: Maybe<Value>) => (x && y ? add(inner, x, y) : (x ?? y));
      const next = flows
        .slice(0, sums.length)
        .map((flow, k) =>
          k < floating.length ? plus(flow, fromSlices.get(s + slices + floating[k]! - c)) : plus(sums[k], flow),
        );
      const said = slicesBy.map((i, k) => flows[sums.length + k] ?? zerosLike(inner, inputs[i]!));
      const position = (value: Value): LiftedFactor => {
        const input = xs.indexOf(value);
        if (input >= 0 && input < outside.length) return { outer: outside[input]! };
        if (!said.includes(value)) said.push(value);
        return { slice: said.indexOf(value) };
      };
      for (const [k, i] of liftedBy.entries()) {
        const flow = flows[sums.length + slicesBy.length + k];
        lifted.set(i, flow?.node?.inputs.map(position) ?? []);
      }
      return { states: next.map((flow, k) => flow ?? zerosLike(inner, sums[k]!)), slices: said };
    },
  });
  const found = new Map<number, Value>();
  for (const [k, i] of [...floating, ...summedBy].entries()) found.set(i, result.states[k]!);
  for (const [k, i] of slicesBy.entries()) found.set(i, result.sequences[k]!);
  for (const [i, factors] of lifted) {
    const [x, z] = factors.map((factor) => ('outer' in factor ? factor.outer : result.sequences[factor.slice]!));
    if (x && z) found.set(i, hoisted(b, x, z));
  }
  return n.inputs.map((_, i) => found.get(i));
};

const scanOp: Op<ScanAttrs> = {
  name: 'Scan',
  infer: (inputs, { body, captured: c, states: s }) => {
    const length = inputs[c + s]!.shape[0]!;
    for (const [i, input] of inputs.entries())
      expectType(i < c + s ? input : sliceType(input, length), body.inputs[i]!.type);
    for (let i = 0; i < s; i++) expectType(body.outputs[i]!.type, body.inputs[c + i]!.type);
    const sequence = ({ type: { dtype, shape } }: Value): Type => ({ dtype, shape: [length, ...shape] });
    return [
      ...body.outputs.map((output, i) => (i < s ? output.type : sequence(output))),
      ...body.inputs.slice(c, c + s).map(sequence),
    ];
  },
  vjp: scanVjp,
  emit: (w, n) => {
    const { body, captured: c, states: s, reverse } = n.attrs;
    const results = [...body.outputs, ...body.inputs.slice(c, c + s)];
    const kept = n.outputs.flatMap((output, i) => (i < s || w.uses(output) ? [i] : []));
    const inner = new Graph(
      body.name,
      body.inputs,
      kept.map((i) => results[i]!),
    );
    const sequences = n.inputs.length - c - s;
    const directions = (count: number): Attribute => ({ ints: new Array<number>(count).fill(reverse ? 1 : 0) });
    const attributes = {
      body: { graph: w.inner(inner, n.inputs.slice(0, c)) },
      num_scan_inputs: { int: sequences },
      scan_input_directions: directions(sequences),
      scan_output_directions: directions(kept.length - s),
    };
    const name = (value: Value) => w.name(value);
    w.node(
      'Scan',
      n.inputs.slice(c).map(name),
      kept.map((i) => name(n.outputs[i]!)),
      { attributes, place: n.place },
    );
  },
  mapGraphs: (attrs, replace) => ({ ...attrs, body: replace(attrs.body) }),
};

/**
 * A loop over slices of sequences that carries states.
 * @throws ShapeError if there is no sequence, lengths differ, or a state changes its type
 */
export function scan(b: Builder, spec: ScanSpec): ScanResult {
  const { captured, states, sequences, reverse = false } = spec;
  const [first] = sequences;
  if (!first) throw new ShapeError('Scan wants at least one sequence; got none');
  const length = first.type.shape[0] ?? 0;
  const inner = new Builder();
  const argument = (prefix: string) => (value: Value, i: number) => {
    const { dtype, shape } = prefix === 'slice' ? sliceType(value.type, length) : value.type;
    return inner.input(`${prefix}.${i}`, dtype, shape);
  };
  const args = [
    captured.map(argument('captured')),
    states.map(argument('state')),
    sequences.map(argument('slice')),
  ] as const;
  const step = inner.at(b.place, () => spec.body(inner, ...args));
  if (step.states.length !== states.length)
    throw new ShapeError(`Scan body wants ${states.length} states; got ${step.states.length}`);
  const body = new Graph('body', args.flat(), [...step.states, ...step.slices]);
  const attrs = { body, captured: captured.length, states: states.length, reverse };
  const outputs = b.apply(scanOp, [...captured, ...states, ...sequences], attrs);
  return {
    states: outputs.slice(0, states.length),
    sequences: outputs.slice(states.length, states.length + step.slices.length),
  };
}

function sliceType({ dtype, shape }: Type, length: Dim): Type {
  if (shape[0] !== length)
    throw new ShapeError(`wants sequences of length ${length}; got ${formatType({ dtype, shape })}`);
  return { dtype, shape: shape.slice(1) };
}

function expectType(got: Type, wanted: Type): void {
  if (got.dtype !== wanted.dtype || !sameShape(got.shape, wanted.shape))
    throw new ShapeError(`wants ${formatType(wanted)} in every step; got ${formatType(got)}`);
}
