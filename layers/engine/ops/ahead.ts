import { Builder, constantOp, type Node, topological, type Value } from '../graph.ts';
import type { Maybe } from '../op.ts';
import { rewrite } from '../rewrite.ts';
import { isStatic, sizeOf } from '../type.ts';
import { type ScanResult, type ScanSpec, scan } from './control.ts';
import { isClass } from './indexing.ts';
import { squeeze, unsqueeze } from './movement.ts';
import { reduceSum } from './reduce.ts';

/** A loop that goes through its sequences from their beginning. */
export interface AheadSpec extends Pick<ScanSpec, 'captured' | 'states'> {
  readonly sequences: readonly Value[];
  readonly body: (...of: Parameters<ScanSpec['body']>) => {
    readonly states: readonly Value[];
    readonly slices: readonly Value[];
  };
}

/**
 * A loop like `scan`, but what its steps compute from their slices alone is computed for all steps before the loop: an operation
 * takes longer than the few numbers of a step do. For instance, of the number t of a step:
 *
 *     loop { 1 − βᵗ }      →      1 − β^[1, 2, 3, …],  loop { its slice }
 *
 * What is larger than the largest slice stays in the loop, since it would be there for all steps at once.
 */
export function scanAhead(b: Builder, { captured, states, sequences, body }: AheadSpec): ScanResult {
  const step = new Builder();
  const input = (dims: number) => (value: Value, i: number) =>
    step.input(`${dims}.${i}`, value.type.dtype, value.type.shape.slice(dims));
  const args = [captured.map(input(0)), states.map(input(0)), sequences.map(input(1))] as const;
  const { states: after, slices } = step.at(b.place, () => body(step, ...args));
  const whole = new Map(sequences.map((sequence, i) => [args[2][i]!, sequence]));
  const most = Math.max(...args[2].map(({ type: { shape } }) => (isStatic(shape) ? sizeOf(shape) : 0)));
  const left: Node[] = [];
  for (const node of topological([...after, ...slices])) {
    const all = b.at(node.place, () => forAllSteps(b, node, whole, most));
    if (all) whole.set(node.outputs[0]!, all);
    else left.push(node);
  }
  const late = slices.filter((slice) => !whole.has(slice));
  const read = new Set([...after, ...late, ...left.flatMap(({ inputs }) => inputs)]);
  const taken = [...whole.keys()].filter((value) => read.has(value));
  const loop = scan(b, {
    captured,
    states,
    sequences: taken.length > 0 ? taken.map((value) => whole.get(value)!) : sequences,
    body: (inner, ...own) => {
      const given = [...args[0], ...args[1], ...taken];
      const known = new Map(own.flat().map((value, i) => [given[i]!, value]));
      const made = rewrite([...after, ...late], known, (node, inputs) =>
        inner.at(node.place, () => inner.apply(node.op, inputs, node.attrs)),
      );
      return { states: made.slice(0, after.length), slices: made.slice(after.length) };
    },
  });
  return {
    states: loop.states,
    sequences: slices.map((slice) => whole.get(slice) ?? loop.sequences[late.indexOf(slice)]!),
  };
}

/** The operations along axes, which are one further for all steps than they are for one. */
const alongAxes: ReadonlySet<unknown> = new Set([unsqueeze.op, squeeze.op, reduceSum.op]);

/** The output of a node for all steps, if it follows from what is known for all steps and has at most so many elements a step. */
function forAllSteps(
  b: Builder,
  { op, inputs, outputs, attrs }: Node,
  whole: ReadonlyMap<Value, Value>,
  most: number,
): Maybe<Value> {
  const [output] = outputs as readonly [Value];
  const own = inputs.filter((input) => whole.has(input));
  const isKnown = inputs.every((input) => whole.has(input) || input.node?.op === constantOp);
  const { shape } = output.type;
  if (own.length === 0 || !isKnown || !isStatic(shape) || sizeOf(shape) > most) return undefined;
  if (op.isElementwise) {
    // Axes are counted from the last one where inputs broadcast, but those of steps have to lie above each other.
    const aligned = inputs.map((input) => {
      const missing = shape.length - input.type.shape.length;
      const all = whole.get(input);
      return all
        ? unsqueeze(
            b,
            all,
            Array.from({ length: missing }, (_, i) => i + 1),
          )
        : input;
    });
    return b.apply1(op, aligned, attrs);
  }
  if (op === isClass.op) return b.apply1(op, [whole.get(inputs[0]!)!], attrs);
  if (!alongAxes.has(op)) return undefined;
  const { axes, ...others } = attrs as { readonly axes: readonly number[] };
  return b.apply1(op, [whole.get(inputs[0]!)!], { ...others, axes: axes.map((axis) => axis + 1) });
}
