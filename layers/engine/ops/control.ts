import { Builder, Graph, type Node, topological, type Value } from '../graph.ts';
import type { Attribute } from '../onnx/write.ts';
import type { Maybe, Op } from '../op.ts';
import { type Dim, formatType, ShapeError, sameShape, type Type } from '../type.ts';
import { scanVjp } from './scan-gradient.ts';

/**
 * The inputs of the body are captured values, states and slices. Those of the node are the same, with whole sequences
 * in place of slices. The outputs of the body are states and slices. Those of the node are states, sequences, and then
 * each state before every step. The gradient needs the latter; if nothing uses them, they are not written.
 */
export interface ScanAttrs {
  readonly body: Graph;
  readonly captured: number;
  readonly states: number;
  /** For each sequence, whether it is read from its last slice to its first. */
  readonly inputsReversed: readonly boolean[];
  /** For each output after the states, whether it is written from its last slice to its first. */
  readonly outputsReversed: readonly boolean[];
  readonly gradient?: ScanGradient;
}

/** A gradient that is written by hand for one loop, in ordinary operations. Absent if the derived one is to be used. */
export type ScanGradient = (
  b: Builder,
  n: Node<ScanAttrs>,
  ct: readonly Maybe<Value>[],
  need: readonly boolean[],
) => Maybe<readonly Maybe<Value>[]>;

/** A sequence, or a slice of a resulting one, and whether the loop goes through it from its end. */
export interface Directed {
  readonly value: Value;
  readonly reverse: boolean;
}

export interface ScanSpec {
  /** Values of the outer graph that every step reads. They are not copied. */
  readonly captured: readonly Value[];
  /** The initial values of what is carried from step to step. Types must not change. */
  readonly states: readonly Value[];
  /** Sequences, which are sliced along their first axis. At least one, and all of the same length. */
  readonly sequences: readonly (Value | Directed)[];
  /**
   * The direction of all sequences and results without one of their own: from the last slice to the first. Results are
   * still in the order of the sequences, and so are the states before each step, which the gradient uses.
   */
  readonly reverse?: boolean;
  /** Replaces the gradient that is derived from the body. */
  readonly gradient?: ScanGradient;
  /** One step, built only from its arguments. */
  readonly body: (
    b: Builder,
    captured: readonly Value[],
    states: readonly Value[],
    slices: readonly Value[],
  ) => ScanStep;
}

export interface ScanStep {
  readonly states: readonly Value[];
  /** The slice that this step adds to each resulting sequence. */
  readonly slices: readonly (Value | Directed)[];
}

export interface ScanResult {
  readonly states: readonly Value[];
  readonly sequences: readonly Value[];
}

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
  vjp: (b, n, ct, need) => [...(n.attrs.gradient?.(b, n, ct, need) ?? scanVjp(b, n, ct, need))],
  emit: (w, n) => {
    const { body, captured: c, states: s, inputsReversed, outputsReversed } = n.attrs;
    const results = [...body.outputs, ...body.inputs.slice(c, c + s)];
    const kept = n.outputs.flatMap((output, i) => (i < s || w.uses(output) ? [i] : []));
    const inner = new Graph(
      body.name,
      body.inputs,
      kept.map((i) => results[i]!),
    );
    const directions = (reversed: readonly boolean[]): Attribute => ({ ints: reversed.map(Number) });
    const attributes = {
      body: { graph: w.inner(inner, n.inputs.slice(0, c)) },
      num_scan_inputs: { int: inputsReversed.length },
      scan_input_directions: directions(inputsReversed),
      scan_output_directions: directions(kept.slice(s).map((i) => outputsReversed[i - s]!)),
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
  const { captured, states, reverse = false } = spec;
  const directed = (one: Value | Directed): Directed => ('value' in one ? one : { value: one, reverse });
  const inputs = spec.sequences.map(directed);
  const sequences = inputs.map(({ value }) => value);
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
  const slices = step.slices.map(directed);
  const results = [...step.states, ...slices.map(({ value }) => value)];
  const read = new Set([...results, ...topological(results).flatMap((node) => node.inputs)]);
  // Sequences that no step reads are not sliced, and not kept alive. One must stay, for the number of steps.
  const needs = (values: readonly Value[]) => values.flatMap((value, i) => (read.has(value) ? [i] : []));
  const [fromOutside, found] = [needs(args[0]), needs(args[2])];
  const cut = found.length > 0 ? found : [0];
  const pick = <T>(own: readonly T[][]) => [
    ...fromOutside.map((i) => own[0]![i]!),
    ...own[1]!,
    ...cut.map((i) => own[2]![i]!),
  ];
  const body = new Graph('body', pick([...args]), results);
  const attrs: ScanAttrs = {
    body,
    captured: fromOutside.length,
    states: states.length,
    inputsReversed: cut.map((i) => inputs[i]!.reverse),
    outputsReversed: [...slices.map((slice) => slice.reverse), ...states.map(() => reverse)],
    ...(spec.gradient && { gradient: spec.gradient }),
  };
  const outputs = b.apply(scanOp, pick([[...captured], [...states], [...sequences]]), attrs);
  return {
    states: outputs.slice(0, states.length),
    sequences: outputs.slice(states.length, results.length),
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
