import type { Op } from './op.ts';
import { scalar, type Tensor, typeOf } from './tensor.ts';
import { type DType, formatType, ShapeError, type Type, type } from './type.ts';

/** An edge of the graph: the output of a node, or an input of the graph. Only an input has a name and no node. */
export interface Value {
  readonly type: Type;
  readonly node: Node | null;
  /** Which of the node's outputs. */
  readonly index: number;
  readonly name: string;
}

/** One application of an operation. */
export interface Node<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
  /** Where in the model: `mlp/hidden.0`. */
  readonly place: string;
}

/** A function from inputs to outputs. Its nodes are all those that the outputs depend on. */
export class Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** The name of each output, by which callers request it. */
  readonly outputNames: readonly string[];

  constructor(name: string, inputs: readonly Value[], outputs: Readonly<Record<string, Value>> | readonly Value[]) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = Object.values(outputs);
    this.outputNames = Array.isArray(outputs) ? outputs.map((_, i) => `out.${i}`) : Object.keys(outputs);
  }
}

/** An operation's operand: a value, or a number that takes the element type of the other operand. */
export type Operand = Value | number;

/** The operation of constants. It is a leaf, so its gradient is zero. */
export const constantOp: Op<Tensor> = {
  name: 'Constant',
  infer: (_, tensor) => [typeOf(tensor)],
  vjp: { gradient: 'zero' },
  emit: (w, n) => w.alias(n.outputs[0]!, w.initializer(n.attrs)),
  fold: (_, tensor) => tensor,
};

/** Creates nodes, checks each as it is created, and keeps track of the place in the model. */
export class Builder {
  #place: readonly string[] = [];

  /** The place of the next node in the model. */
  get place(): string {
    return this.#place.join('/');
  }

  /**
   * Runs `build`, and appends `place` (unless it is '') to the place that nodes and errors have meanwhile.
   * @throws ShapeError that `build` throws, with the place if it had none
   */
  at<T>(place: string, build: () => T): T {
    const outer = this.#place;
    this.#place = place === '' ? outer : [...outer, place];
    try {
      return build();
    } catch (error) {
      if (!(error instanceof ShapeError) || error.place !== '') throw error;
      throw new ShapeError(`at ${this.place}: ${error.message}`, this.place);
    } finally {
      this.#place = outer;
    }
  }

  /** A value that comes from outside the graph. */
  input(name: string, dtype: DType, shape: Type['shape']): Value {
    return { type: type(dtype, shape), node: null, index: 0, name };
  }

  constant(tensor: Tensor): Value {
    return this.apply1(constantOp, [], tensor);
  }

  /** A scalar constant. */
  scalar(dtype: DType, value: number): Value {
    return this.constant(scalar(dtype, value));
  }

  /** The operand as a value; a number takes `like`'s element type. */
  operand(x: Operand, like: Value): Value {
    return typeof x === 'number' ? this.scalar(like.type.dtype, x) : x;
  }

  /**
   * Applies an operation.
   * @throws ShapeError with the operation, the types of its inputs and the place
   */
  apply<A>(op: Op<A>, inputs: readonly Value[], attrs: A): readonly Value[] {
    const types = inputs.map((input) => input.type);
    const outputs: Value[] = [];
    const node: Node<A> = { op, inputs, outputs, attrs, place: this.place };
    for (const [index, type] of this.#infer(op, types, attrs).entries()) {
      outputs.push({ type, node, index, name: '' });
    }
    return outputs;
  }

  /** Applies an operation and returns its first output. */
  apply1<A>(op: Op<A>, inputs: readonly Value[], attrs: A): Value {
    return this.apply(op, inputs, attrs)[0]!;
  }

  #infer<A>(op: Op<A>, types: readonly Type[], attrs: A): Type[] {
    try {
      return op.infer(types, attrs);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const where = this.place === '' ? '' : ` at ${this.place}`;
      throw new ShapeError(`${op.name}(${types.map(formatType).join(', ')})${where}: ${error.message}`, this.place);
    }
  }
}

/** All nodes on which the values depend. Each comes after those on which it depends. */
export function topological(outputs: readonly Value[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a deep network must not overflow the call stack.
  const stack = outputs.flatMap((value) => (value.node ? [{ node: value.node, next: 0 }] : [])).reverse();
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.next === 0 && seen.has(top.node)) {
      stack.pop();
    } else if (top.next === top.node.inputs.length) {
      stack.pop();
      if (!seen.has(top.node)) order.push(top.node);
      seen.add(top.node);
    } else {
      const input = top.node.inputs[top.next++]!;
      if (input.node && !seen.has(input.node)) stack.push({ node: input.node, next: 0 });
    }
  }
  return order;
}
