import { Builder, constantOp, Graph, type Node, topological, type Value } from '../graph.ts';
import type { ScanAttrs } from '../ops/control.ts';
import { cast } from '../ops/select.ts';
import { rewrite } from '../rewrite.ts';
import { type Tensor, tensorFrom, toNumbers } from '../tensor.ts';
import { type DType, type HalfType, isFloat } from '../type.ts';
import { treatmentOf } from './precision.ts';

/** Constants of at most so many elements are rounded here, and larger ones by the graph. */
const ROUND_LIMIT = 64;

export interface AutocastOptions {
  /** Graph inputs that are weights. If they are combined with 16-bit values, the weights are rounded. */
  readonly weak?: readonly Value[];
  /** Values that later nodes read as float32: the network's outputs, from which losses are computed. */
  readonly single?: readonly Value[];
  /** Whether float32 kernels are used, with results rounded to 16 bits. */
  readonly emulated?: boolean;
}

/**
 * Rebuilds the values, computed in half precision where `treatmentOf` says so. Each keeps its element type. Gradients
 * are taken before, so they are treated like everything else.
 */
export function autocast(
  b: Builder,
  values: readonly Value[],
  dtype: HalfType,
  options: AutocastOptions = {},
): Value[] {
  const caster = new Autocast(b, dtype, options);
  return caster.all(values, new Map()).map((value, i) => caster.as(value, values[i]!.type.dtype));
}

/** The state for one graph. Inner graphs have their own. */
class Autocast {
  readonly #b: Builder;
  readonly #dtype: HalfType;
  /** Values that adapt to others: constants, weights, masks, and what is computed only from these. */
  readonly #weak: Set<Value>;
  readonly #single: ReadonlySet<Value>;
  readonly #emulated: boolean;
  readonly #copies = new Map<Value, Map<DType, Value>>();

  constructor(b: Builder, dtype: HalfType, { weak = [], single = [], emulated = false }: AutocastOptions) {
    this.#b = b;
    this.#dtype = dtype;
    this.#weak = new Set(weak);
    this.#single = new Set(single);
    this.#emulated = emulated;
  }

  all(values: readonly Value[], known: ReadonlyMap<Value, Value>): Value[] {
    return rewrite(values, known, (node, inputs) =>
      this.#b.at(node.place, () =>
        this.#made(node, inputs).map((value, i) =>
          this.#single.has(node.outputs[i]!) && isMixed(value) ? this.as(value, 'float32') : value,
        ),
      ),
    );
  }

  #made(node: Node, inputs: readonly Value[]): readonly Value[] {
    if (node.op.name === 'Recomputed') return this.#inlined(node, inputs);
    if (node.op.name === 'Scan') return this.#scan(node, inputs);
    if (node.op.mapGraphs) return this.#closed(node, inputs);
    return this.#plain(node, inputs);
  }

  /** The value in another element type. All users share one copy. */
  as(value: Value, to: DType): Value {
    if (value.type.dtype === to) return value;
    const copies = this.#copies.get(value) ?? new Map<DType, Value>();
    this.#copies.set(value, copies);
    const copy = copies.get(to) ?? this.#rounded(value, to) ?? cast(this.#b, value, to);
    copies.set(to, copy);
    return copy;
  }

  #rounded(value: Value, to: DType): Value | undefined {
    const tensor = constantTensor(value);
    if (!tensor || tensor.data.length > ROUND_LIMIT) return undefined;
    return this.#b.constant(tensorFrom(to, tensor.shape, toNumbers(tensor)));
  }

  #plain(node: Node, inputs: readonly Value[]): readonly Value[] {
    const treatment = treatmentOf(node.op.name, this.#dtype);
    const strong = inputs.filter((input) => input.type.dtype !== 'bool' && !this.#weak.has(input));
    const floats = strong.filter(isMixed);
    const halves = floats.length > 0 && floats.every(({ type }) => type.dtype === this.#dtype);
    const to = treatment === 'half' || (treatment === 'follow' && halves) ? this.#dtype : 'float32';
    const made = this.#applied(node, inputs, to);
    // For a gathered value, the positions do not matter.
    const weak = floats.length === 0 && (strong.length === 0 || inputs.some(isMixed));
    const gives = node.op === constantOp ? survives(node.attrs as Tensor, this.#dtype) : treatment !== 'half' && weak;
    if (gives) for (const value of made) if (isFloat(value.type.dtype)) this.#weak.add(value);
    return made;
  }

  #applied({ op, attrs }: Node, inputs: readonly Value[], to: DType): readonly Value[] {
    const args = inputs.map((input) => (isMixed(input) ? this.as(input, to) : input));
    if (to === 'float32' || !this.#emulated) return this.#b.apply(op, args, attrs);
    const widened = args.map((arg) => (isMixed(arg) ? this.as(arg, 'float32') : arg));
    return this.#b.apply(op, widened, attrs).map((value) => (isMixed(value) ? this.as(value, to) : value));
  }

  /** A recomputed part, as nodes of this graph. It is written that way anyway. */
  #inlined(node: Node, inputs: readonly Value[]): readonly Value[] {
    const { body } = node.attrs as { readonly body: Graph };
    return this.all(body.outputs, new Map(body.inputs.map((input, i) => [input, inputs[i]!])));
  }

  /** Inner graphs whose inputs and outputs are float32, whatever happens inside. */
  #closed(node: Node, inputs: readonly Value[]): readonly Value[] {
    const attrs = node.op.mapGraphs!(node.attrs, (graph) => {
      const b = new Builder();
      const outputs = autocast(b, graph.outputs, this.#dtype, { emulated: this.#emulated });
      return new Graph(graph.name, graph.inputs, outputs);
    });
    return this.#b.apply(
      node.op,
      inputs.map((input) => (isMixed(input) ? this.as(input, 'float32') : input)),
      attrs,
    );
  }

  /**
   * A loop. States stay float32, because their type must not change. Sequences have the same type as outside. Captured
   * weights that only products read are rounded once before the loop, not in each step.
   */
  #scan(node: Node, inputs: readonly Value[]): readonly Value[] {
    const { body, captured: c, states: s, ...rest } = node.attrs as ScanAttrs;
    const nodes = topological(body.outputs);
    const onlyInProducts = (value: Value) =>
      !body.outputs.includes(value) &&
      nodes.every((one) => !one.inputs.includes(value) || treatmentOf(one.op.name, this.#dtype) === 'half');
    const given = inputs.map((input, i) => {
      if (!isMixed(input) || i >= c + s) return input;
      if (i >= c) return this.as(input, 'float32');
      return onlyInProducts(body.inputs[i]!) ? this.as(input, this.#dtype) : input;
    });
    const b = new Builder();
    const args = body.inputs.map((argument, i) => b.input(argument.name, given[i]!.type.dtype, argument.type.shape));
    const weak = args.filter((_, i) => i < c && this.#weak.has(inputs[i]!));
    const inner = new Autocast(b, this.#dtype, { weak, emulated: this.#emulated });
    const results = inner.all(body.outputs, new Map(body.inputs.map((input, i) => [input, args[i]!])));
    const outputs = results.map((value, i) => (i < s && isMixed(value) ? inner.as(value, 'float32') : value));
    const attrs: ScanAttrs = { ...rest, captured: c, states: s, body: new Graph(body.name, args, outputs) };
    return this.#b.apply(node.op, given, attrs);
  }
}

/** Whether the value is float32 or 16 bits. float64 is left alone. */
function isMixed({ type: { dtype } }: Value): boolean {
  return isFloat(dtype) && dtype !== 'float64';
}

function constantTensor(value: Value): Tensor | undefined {
  return value.node?.op === constantOp ? (value.node.attrs as Tensor) : undefined;
}

/** Whether rounding roughly preserves every number. In float16, 1e-8 is 0 and 1e30 is infinite. */
function survives(tensor: Tensor, dtype: HalfType): boolean {
  if (tensor.dtype !== 'float32') return false;
  if (tensor.data.length > ROUND_LIMIT) return true;
  const rounded = toNumbers(tensorFrom(dtype, tensor.shape, toNumbers(tensor)));
  return toNumbers(tensor).every((x, i) => Object.is(x, rounded[i]) || Math.abs(rounded[i]! - x) <= Math.abs(x) / 128);
}
