import type { Builder, Graph, Node, Value } from './graph.ts';
import type { OnnxWriter } from './onnx/write.ts';
import type { Tensor } from './tensor.ts';
import type { Type } from './type.ts';

/** Absent if nothing flows there: for an output that the loss ignores, or an input whose gradient is zero. */
export type Maybe<T> = T | undefined;

/** Why an operation has no gradient rule: its derivative is zero by definition, or it is not supported. */
export type NoGradient = { readonly gradient: 'zero' } | { readonly gradient: 'unsupported'; readonly reason: string };

/** The derivative is zero everywhere that it exists: for comparisons, rounding, integers and shapes. */
export const zeroGradient: NoGradient = { gradient: 'zero' };

export function unsupportedGradient(reason: string): NoGradient {
  return { gradient: 'unsupported', reason };
}

/**
 * The vector-Jacobian product: computes the cotangents of a node's inputs from those of its outputs (absent means
 * zero). `need[i]` says whether the one of input i is needed; others may be left out. A cotangent has the shape of its
 * value.
 */
export type Vjp<A> = {
  // A method's parameters are bivariant, so that a graph's list of Op<unknown> can hold an Op<A>.
  rule(b: Builder, n: Node<A>, ct: readonly Maybe<Value>[], need: readonly boolean[]): readonly Maybe<Value>[];
}['rule'];

/** A complete operation of the vocabulary: its types, its derivative, and how it is written as ONNX. */
export interface Op<A = unknown> {
  /** The name of the ONNX operator, or one of our own if the operation is written as several operators. */
  readonly name: string;
  /**
   * The types of the outputs.
   * @throws ShapeError saying what was expected and what was received
   */
  infer(inputs: readonly Type[], attrs: A): Type[];
  readonly vjp: NoGradient | Vjp<A>;
  /** Whether each element of the output follows from those at its place in the inputs, which broadcast. Default: no. */
  readonly isElementwise?: boolean;
  /** Writes the node. By default it becomes the ONNX node of the same name, without attributes. */
  emit?(w: OnnxWriter, n: Node<A>): void;
  /** The result for constant inputs of few elements, for constant folding. Undefined if folding is not worth it. */
  fold?(inputs: readonly Tensor[], attrs: A): Maybe<Tensor>;
  /** For operations that contain graphs: the attributes with every inner graph replaced. */
  mapGraphs?(attrs: A, replace: (graph: Graph) => Graph): A;
}
