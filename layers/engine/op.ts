import type { Builder, Graph, Node, Value } from './graph.ts';
import type { OnnxWriter } from './onnx/write.ts';
import type { Tensor } from './tensor.ts';
import type { Type } from './type.ts';

/** Absent where nothing flows: an output that the loss ignores, an input whose gradient is zero. */
export type Maybe<T> = T | undefined;

/** Why an operation has no gradient rule: its derivative is zero by definition, or nobody can give one. */
export type NoGradient = { readonly gradient: 'zero' } | { readonly gradient: 'unsupported'; readonly reason: string };

/** The derivative is zero wherever it exists: comparisons, rounding, integers, shapes. */
export const zeroGradient: NoGradient = { gradient: 'zero' };

export function unsupportedGradient(reason: string): NoGradient {
  return { gradient: 'unsupported', reason };
}

/**
 * The vector-Jacobian product: from the cotangents of a node's outputs (absent: zero) those of its inputs. `need[i]`
 * says whether input i's is wanted; what is not needed may be left out. A cotangent has its value's own shape.
 */
export type Vjp<A> = {
  // A method's parameters compare bivariantly, so that an Op<A> may stand in a graph's list of Op<unknown>.
  rule(b: Builder, n: Node<A>, ct: readonly Maybe<Value>[], need: readonly boolean[]): readonly Maybe<Value>[];
}['rule'];

/** One operation of the vocabulary, complete: its types, its derivative and how it is written down. */
export interface Op<A = unknown> {
  /** The ONNX operator's name, or our own if it is written as several. */
  readonly name: string;
  /**
   * The types of the outputs.
   * @throws ShapeError saying what was wanted and what came
   */
  infer(inputs: readonly Type[], attrs: A): Type[];
  readonly vjp: NoGradient | Vjp<A>;
  /** How the node is written; by default as the ONNX node of the same name, without attributes. */
  emit?(w: OnnxWriter, n: Node<A>): void;
  /** The value on constants, for folding; undefined if it is not worth it. Inputs have few elements. */
  fold?(inputs: readonly Tensor[], attrs: A): Maybe<Tensor>;
  /** For operations with graphs inside: the attributes with every inner graph replaced. */
  mapGraphs?(attrs: A, replace: (graph: Graph) => Graph): A;
}
