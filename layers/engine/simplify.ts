import { Builder, constantOp, Graph, type Node, type Value } from './graph.ts';
import type { Maybe } from './op.ts';
import { expand, transpose } from './ops/movement.ts';
import { rewrite } from './rewrite.ts';
import { filled, type Tensor, toNumbers } from './tensor.ts';
import { isStatic, sameShape, sizeOf, staticShape } from './type.ts';

/** Tensors of at most so many elements are equal if their elements are. Larger ones are equal only if identical. */
const COMPARE_LIMIT = 64;

/**
 * An equal graph with less work. Operations on constants are computed, and arithmetic without effect is dropped. Two
 * transpositions in a row become one, and come before an expansion. Equal nodes are merged, also in inner graphs. What
 * no output needs is not part of a graph to begin with. Inputs, output names and the order of floating-point operations
 * stay the same.
 */
export function simplify(graph: Graph): Graph {
  const outputs = simplified(new Builder(), graph.outputs);
  return new Graph(
    graph.name,
    graph.inputs,
    Object.fromEntries(graph.outputNames.map((name, i) => [name, outputs[i]!])),
  );
}

/** The same, for some values of a graph that is still being built. */
export function simplified(b: Builder, values: readonly Value[]): Value[] {
  const ids = new Identities();
  const made = new Map<string, readonly Value[]>();
  return rewrite(values, new Map(), (node, inputs) => {
    const attrs = node.op.mapGraphs ? node.op.mapGraphs(node.attrs, simplify) : node.attrs;
    const shorter = fold(b, node, inputs) ?? identity(b, node, inputs);
    if (shorter && !shorter.node) return [shorter];
    const key = shorter?.node ? ids.keyOf(shorter.node) : ids.key(node.op.name, inputs, attrs);
    const twin = made.get(key);
    if (twin) return shorter ? [twin[shorter.index]!] : twin;
    const outputs = shorter?.node?.outputs ?? b.at(node.place, () => b.apply(node.op, inputs, attrs));
    made.set(key, outputs);
    return shorter ? [shorter] : outputs;
  });
}

function fold(b: Builder, node: Node, inputs: readonly Value[]): Maybe<Value> {
  const [output, ...others] = node.outputs;
  // A tensor without elements is known already. The runtime gets some of these wrong, such as a 1 expanded to a 0.
  if (output && others.length === 0 && isStatic(output.type.shape) && output.type.shape.includes(0))
    return node.op === constantOp ? undefined : b.constant(filled(output.type.dtype, output.type.shape, 0));
  const constants = inputs.flatMap((input) => constantTensor(input) ?? []);
  if (!node.op.fold || node.op === constantOp || constants.length !== inputs.length) return undefined;
  const folded = node.op.fold(constants, node.attrs);
  return folded && b.constant(folded);
}

function constantTensor(value: Value): Maybe<Tensor> {
  // The attributes of a Constant are its tensor, and no other operation has this name.
  return value.node?.op === constantOp ? (value.node.attrs as Tensor) : undefined;
}

type Identity = (inputs: readonly Value[], node: Node, b: Builder) => Maybe<Value>;

/** Identities that need one node less, or none. x + 0 is not among them, because it turns −0 into 0. */
const identities: Readonly<Record<string, Identity>> = {
  Mul: ([x, y]) => neutral(x!, y!, 1) ?? neutral(y!, x!, 1),
  Div: ([x, y]) => neutral(x!, y!, 1),
  Sub: ([x, y]) => neutral(x!, y!, 0),
  Neg: ([x]) => (x!.node?.op.name === 'Neg' ? x!.node.inputs[0] : undefined),
  Transpose: ([x], { attrs }, b) => transposed(b, x!, orderOf(attrs)),
};

/** The attributes of a Transpose are its order of axes, and no other operation has this name. */
function orderOf(attrs: unknown): readonly number[] {
  return (attrs as { readonly perm: readonly number[] }).perm;
}

/** Merges a transposition with the one before it, or moves it before an expansion. Absent if x is neither. */
function transposed(b: Builder, x: Value, order: readonly number[]): Maybe<Value> {
  const [before, ...dims] = x.node?.inputs ?? [];
  const through = (values: readonly number[]) => order.map((axis) => values[axis]!);
  if (x.node?.op.name === 'Transpose') return transpose(b, before!, through(orderOf(x.node.attrs)));
  if (x.node?.op.name !== 'Expand' || dims.length > 0 || before!.type.shape.length !== order.length) return undefined;
  return expand(b, transpose(b, before!, order), through(staticShape(x.type.shape)));
}

function identity(b: Builder, node: Node, inputs: readonly Value[]): Maybe<Value> {
  const result = b.at(node.place, () => identities[node.op.name]?.(inputs, node, b));
  return result && sameShape(result.type.shape, node.outputs[0]!.type.shape) ? result : undefined;
}

/** x, if the other operand is a small constant that has the neutral value everywhere. */
function neutral(x: Value, other: Value, value: number): Maybe<Value> {
  const constant = constantTensor(other);
  if (!constant || sizeOf(constant.shape) > COMPARE_LIMIT) return undefined;
  return toNumbers(constant).every((element) => Object.is(element, value)) ? x : undefined;
}

/** Gives objects numbers, and nodes texts that are equal if and only if the nodes compute the same. */
class Identities {
  readonly #ids = new Map<object, number>();

  keyOf(node: Node): string {
    return this.key(node.op.name, node.inputs, node.attrs);
  }

  key(op: string, inputs: readonly Value[], attrs: unknown): string {
    const names = inputs.map((input) => `${this.#id(input.node ?? input)}.${input.index}`);
    return `${op}(${names.join()})${JSON.stringify(attrs, (_, value: unknown) => this.#plain(value))}`;
  }

  #plain(value: unknown): unknown {
    if (value instanceof Graph) return `graph ${this.#id(value)}`;
    if (typeof value === 'bigint') return `${value}n`;
    if (Object.is(value, -0)) return 'number -0';
    if (typeof value === 'number' && !Number.isFinite(value)) return `number ${value}`;
    if (value instanceof Object && ArrayBuffer.isView(value)) {
      if (value.byteLength > COMPARE_LIMIT * 8) return `data ${this.#id(value)}`;
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
    }
    return value;
  }

  #id(object: object): number {
    const known = this.#ids.get(object) ?? this.#ids.size;
    this.#ids.set(object, known);
    return known;
  }
}
