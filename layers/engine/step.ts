import type { Builder, Value } from './graph.ts';
import type { Loss } from './loss.ts';
import type { Network, Values } from './network.ts';
import type { ModelMeta } from './onnx/write.ts';
import type { Optimizer, Schedule } from './optim/optimizer.ts';
import type { Tensors } from './tensor.ts';
import type { Type } from './type.ts';

/** A loss over rows of resident data. */
export interface Objective {
  /** The resident tensors by name; the first axis of each is the rows (`'rows'`, or a number). */
  readonly data: Readonly<Record<string, Type>>;
  /** The entry of `data` that holds the targets. */
  readonly target: string;
  /** The entry of `data` that holds each row's weight, float32 [rows]; without it every row weighs 1. */
  readonly weight?: string;
  /** From the rows of a batch, by name, to the network's input; by default the entry `x`. */
  readonly front?: (b: Builder, rows: Values) => Value;
  readonly network: Network;
  readonly loss: Loss;
}

export interface TrainSpec extends Objective {
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule;
  /** Gradients are scaled down to this norm over all parameters together. */
  readonly clipNorm?: number;
  readonly batchSize: number;
  /** What dropout masks are drawn from. */
  readonly seed: number;
}

/** Parameters `parameter/<name>`, the optimizer's slots `<slot>/<name>`, and `step`, an int64 scalar. */
export type State = Tensors;

/**
 * A compiled training: one run is as many steps as `batches` has rows.
 *
 * Inputs: the state; `data/<name>`; `batches`, int64 [steps, batchSize], row numbers, where -1 is padding that
 * contributes nothing. Outputs: the state after the last step; by step `loss` (weighted sum over the batch's rows),
 * `weight` (sum of the rows' weights) and `correct` (rows predicted right; 0 for losses without right and wrong),
 * float32 [steps] each. The gradient is that of loss / weight.
 */
export interface TrainProgram {
  readonly bytes: Uint8Array;
  readonly batchSize: number;
  readonly state: Readonly<Record<string, Type>>;
  readonly data: Readonly<Record<string, Type>>;
}

/**
 * A compiled evaluation: inputs are `parameter/<name>` and `data/<name>`, outputs `outputs` [rows, outputs] and the
 * scalars `loss`, `weight`, `correct`, as in `TrainProgram`.
 */
export interface EvaluateProgram {
  readonly bytes: Uint8Array;
  readonly data: Readonly<Record<string, Type>>;
}

export interface InferenceSpec {
  /** The model's inputs by name, as a caller feeds them. */
  readonly inputs: Readonly<Record<string, Type>>;
  /** From the inputs to the named outputs; weights come in as constants (`constantParameters`). */
  readonly build: (b: Builder, inputs: Values) => Values;
  readonly meta: ModelMeta;
}

export type CompileTrain = (spec: TrainSpec) => TrainProgram;
export type CompileEvaluate = (objective: Objective) => EvaluateProgram;
export type CompileInference = (spec: InferenceSpec) => Uint8Array;
/** Fresh parameters, zero slots, step 0. */
export type InitialState = (spec: Pick<TrainSpec, 'network' | 'optimizer'>, seed: number) => State;
