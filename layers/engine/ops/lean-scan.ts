import { Builder, constantOp, type Node, topological, type Value } from '../graph.ts';
import { rewrite } from '../rewrite.ts';
import { isStatic, type Shape, sizeOf } from '../type.ts';
import { type ScanResult, type ScanSpec, scan } from './control.ts';
import { isClass } from './indexing.ts';
import { squeeze, unsqueeze } from './movement.ts';
import { reduceSum } from './reduce.ts';

/** A loop that goes through its sequences from their beginning. */
export interface LeanScanSpec extends Pick<ScanSpec, 'captured' | 'states'> {
  readonly sequences: readonly Value[];
  readonly body: (...of: Parameters<ScanSpec['body']>) => {
    readonly states: readonly Value[];
    readonly slices: readonly Value[];
  };
}

/**
 * A loop like `scan` whose steps do only what they have to: an operation takes longer than the few numbers of a step do. What
 * follows from slices alone is computed for all steps before the loop, and what only results follow from after it. For
 * instance, of the number t of a step and the errors e of its rows:
 *
 *     loop { 1 − βᵗ, Σ e }      →      1 − β^[1, 2, 3, …],  loop { slice, e },  Σ of all e by step
 *
 * What is larger than the largest slice stays in the loop, since it would be there for all steps at once.
 */
export function leanScan(b: Builder, { captured, states, sequences, body }: LeanScanSpec): ScanResult {
  const step = new Builder();
  const input = (dims: number) => (value: Value, i: number) =>
    step.input(`${dims}.${i}`, value.type.dtype, value.type.shape.slice(dims));
  const args = [captured.map(input(0)), states.map(input(0)), sequences.map(input(1))] as const;
  const { states: after, slices } = step.at(b.place, () => body(step, ...args));
  const whole = new Whole(b, args[2], sequences);
  const rest = topological([...after, ...slices]).filter((node) => !whole.take(node));
  const behind = behindTheLoop(rest, after, whole);
  const computed = new Set(behind.flatMap(({ outputs }) => outputs));
  const from = behind.flatMap(({ inputs }) => inputs.filter((value) => whole.lacks(value)));
  const late = [...new Set([...slices.filter((value) => !whole.all.has(value)), ...from])].filter(
    (value) => !computed.has(value),
  );
  const taken = [...whole.all.keys()];
  const loop = scan(b, {
    captured,
    states,
    // Of which a loop takes those that it reads.
    sequences: [...whole.all.values()],
    body: (inner, ...own) => {
      const given = [...args[0], ...args[1], ...taken];
      const known = new Map(own.flat().map((value, i) => [given[i]!, value]));
      const made = rewrite([...after, ...late], known, (node, inputs) =>
        inner.at(node.place, () => inner.apply(node.op, inputs, node.attrs)),
      );
      return { states: made.slice(0, after.length), slices: made.slice(after.length) };
    },
  });
  for (const [i, value] of late.entries()) whole.all.set(value, loop.sequences[i]!);
  for (const node of behind) whole.take(node);
  return { states: loop.states, sequences: slices.map((value) => whole.all.get(value)!) };
}

/** The nodes that results alone follow from, and that follow from one value of the loop: that value is there for all steps. */
function behindTheLoop(rest: readonly Node[], after: readonly Value[], whole: Whole): Node[] {
  const behind = new Set<Node>();
  // Those of nodes that stay in the loop.
  const read = new Set(after);
  for (const node of rest.toReversed()) {
    const [value, ...others] = node.inputs.filter((input) => whole.lacks(input));
    const isOne = value !== undefined && others.length === 0 && value.node !== null && whole.isFew(value.type.shape);
    if (isOne && whole.can(node) && !read.has(node.outputs[0]!)) behind.add(node);
    else for (const one of node.inputs) read.add(one);
  }
  return rest.filter((node) => behind.has(node));
}

/** The operations along axes, which are one further for all steps than they are for one. */
const alongAxes: ReadonlySet<unknown> = new Set([unsqueeze.op, squeeze.op, reduceSum.op]);

/** What is known for all steps, by the values that a step has of it. */
class Whole {
  readonly all: Map<Value, Value>;
  readonly #b: Builder;
  /** The most elements of a step. */
  readonly #most: number;

  constructor(b: Builder, slices: readonly Value[], sequences: readonly Value[]) {
    this.#b = b;
    this.all = new Map(slices.map((slice, i) => [slice, sequences[i]!]));
    this.#most = Math.max(...slices.map(({ type: { shape } }) => (isStatic(shape) ? sizeOf(shape) : 0)));
  }

  lacks(value: Value): boolean {
    return !this.all.has(value) && value.node?.op !== constantOp;
  }

  isFew(shape: Shape): boolean {
    return isStatic(shape) && sizeOf(shape) <= this.#most;
  }

  /** Whether a node could be computed for all steps at once. */
  can({ op, outputs }: Node): boolean {
    return (op.isElementwise || op === isClass.op || alongAxes.has(op)) && this.isFew(outputs[0]!.type.shape);
  }

  /** Computes a node for all steps, if it follows from what is known, and returns whether it does. */
  take(node: Node): boolean {
    const { inputs, outputs, place } = node;
    const follows = inputs.some((input) => this.all.has(input)) && !inputs.some((input) => this.lacks(input));
    if (!follows || !this.can(node)) return false;
    this.all.set(
      outputs[0]!,
      this.#b.at(place, () => this.#forAllSteps(node)),
    );
    return true;
  }

  #forAllSteps({ op, inputs, outputs, attrs }: Node): Value {
    const b = this.#b;
    if (!op.isElementwise) {
      const { axes, ...others } = attrs as { readonly axes?: readonly number[] };
      return b.apply1(
        op,
        [this.all.get(inputs[0]!)!],
        axes ? { ...others, axes: axes.map((axis) => axis + 1) } : attrs,
      );
    }
    // Axes are counted from the last one where inputs broadcast, but those of steps have to lie above each other.
    const aligned = inputs.map((input) => {
      const missing = outputs[0]!.type.shape.length - input.type.shape.length;
      const axes = Array.from({ length: missing }, (_, i) => i + 1);
      const all = this.all.get(input);
      return all ? unsqueeze(b, all, axes) : input;
    });
    return b.apply1(op, aligned, attrs);
  }
}
