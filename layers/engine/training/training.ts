import { expectKernels } from '../kernels/expect.ts';
import { withinMemory } from '../out-of-memory.ts';
import { type Device, openSession, type Session, type SessionOptions } from '../run.ts';
import { expectTensor, filled, type Tensor, type Tensors, tensor, typeOf } from '../tensor.ts';
import { formatType, ShapeError, sameShape, staticShape, type Type } from '../type.ts';
import { rowsInOrder } from './in-order.ts';
import { afterKey, type State } from './state.ts';
import { type Kept, StateMemory } from './state-memory.ts';
import type { EvaluateProgram, TrainProgram } from './step.ts';
import { expectTargets } from './targets.ts';

/** The row numbers of a step. */
export type Batch = readonly number[] | Int32Array | Uint32Array;

/** What a run returns: one number per step. See `TrainProgram`. */
export interface StepScores {
  readonly loss: Float32Array;
  readonly weight: Float32Array;
  readonly correct: Float32Array;
}

/** What an evaluation returns. See `EvaluateProgram`. */
export interface Evaluation {
  /** [rows, outputs]. */
  readonly outputs: Tensor;
  readonly loss: number;
  readonly weight: number;
  readonly correct: number;
}

/** A running training: a loaded program, its data and its state. */
export class Training implements AsyncDisposable {
  readonly #program: TrainProgram;
  readonly #session: Session;
  #feeds: Tensors;
  readonly #states: StateMemory;

  private constructor(program: TrainProgram, session: Session, feeds: Tensors, state: State) {
    this.#program = program;
    this.#session = session;
    this.#feeds = feeds;
    this.#states = new StateMemory(state);
  }

  /**
   * Loads a program. The state is not copied, and never written to.
   * @throws ShapeError if data or state do not fit the program, KernelError if the device lacks kernels for its
   * operations or its precision, RuntimeError if the runtime refuses it, OutOfMemoryError
   */
  static async open(
    program: TrainProgram,
    data: Tensors,
    state: State,
    options: SessionOptions = {},
  ): Promise<Training> {
    expectKernels(program, options.device);
    const feeds = dataFeeds(program, data);
    expectTensors(program.state, state, '');
    const session = await withinMemory(
      () => 'loading the training program',
      () => openSession(program.bytes, options),
    );
    return new Training(program, session, feeds, state);
  }

  get device(): Device {
    return this.#session.device;
  }

  /** The state after the steps so far. A later `run` creates a new state and does not change this one. */
  get state(): State {
    return this.#states.state;
  }

  /** Continues from another state, for example one from a checkpoint. */
  set state(state: State) {
    expectTensors(this.#program.state, state, '');
    this.#states.state = state;
  }

  /** The state as it is now, to come back to. */
  keep(): Kept {
    return this.#states.keep();
  }

  /**
   * Continues with other data of the same types.
   * @throws ShapeError if the data do not fit or have a target that the loss does not accept
   */
  set data(data: Tensors) {
    this.#feeds = dataFeeds(this.#program, data);
  }

  /**
   * Takes one step per batch. Without batches, nothing happens. If a loss is not finite, neither are the parameters
   * after it. So keep the state from before, and check with `firstBadStep`, as `TrainingLoop` does.
   * @param batches row numbers, one after another if the program is in order; a batch that is shorter than the program's is
   * padded
   * @param memory tensors that may be written over by those of the state after, as far as they are of the same type
   * @throws ShapeError if a batch is too long or not in order, or a row does not exist, OutOfMemoryError
   */
  async run(batches: readonly Batch[], memory = this.#states.takeSpare()): Promise<StepScores> {
    const { batchSize, state } = this.#program;
    const none = new Float32Array();
    if (batches.length === 0) return { loss: none, weight: none, correct: none };
    const indices = packBatches(batches, batchSize, this.#rows());
    const data = this.#program.isInOrder ? rowsInOrder(this.#feeds, batches, batchSize) : this.#feeds;
    const feeds = { ...this.#states.now, ...data, batches: indices };
    const results = await withinMemory(
      () => `taking ${batches.length} steps of ${batchSize} rows`,
      () => this.#session.run(feeds, this.#session.outputNames, stateAfter(this.#program, memory)),
    );
    this.#states.follow(Object.fromEntries(Object.keys(state).map((key) => [key, results[afterKey(key)]!])));
    const numbers = (name: string) => expectTensor(name, results[name], 'float32').data;
    return { loss: numbers('loss'), weight: numbers('weight'), correct: numbers('correct') };
  }

  /** Returns the state and forgets it and the data, so that others than this keep them. Set both before the next run. */
  release(): State {
    const { state } = this.#states;
    this.#states.state = {};
    this.#feeds = {};
    return state;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #rows(): number {
    return Object.values(this.#feeds)[0]?.shape[0] ?? 0;
  }
}

/** The first step whose loss is not finite, or -1 if there is none. */
export function firstBadStep({ loss }: StepScores): number {
  return loss.findIndex((value) => !Number.isFinite(value));
}

/** A loaded evaluation. */
export class Evaluator implements AsyncDisposable {
  readonly #program: EvaluateProgram;
  readonly #session: Session;

  private constructor(program: EvaluateProgram, session: Session) {
    this.#program = program;
    this.#session = session;
  }

  /**
   * Loads a program.
   * @throws KernelError if the device lacks kernels for its operations, RuntimeError if the runtime refuses it,
   * OutOfMemoryError
   */
  static async open(program: EvaluateProgram, options: SessionOptions = {}): Promise<Evaluator> {
    expectKernels(program, options.device);
    const session = await withinMemory(
      () => 'loading the evaluation program',
      () => openSession(program.bytes, options),
    );
    return new Evaluator(program, session);
  }

  /**
   * Evaluates the parameters of a state over all rows of the data.
   * @throws ShapeError if the data do not fit the program, OutOfMemoryError
   */
  async run(state: State, data: Tensors): Promise<Evaluation> {
    const feeds = { ...state, ...dataFeeds(this.#program, data) };
    const results = await withinMemory(
      () => `evaluating ${Object.values(data)[0]?.shape[0] ?? 0} rows`,
      () => this.#session.run(feeds),
    );
    const number = (name: string) => expectTensor(name, results[name], 'float32').data[0]!;
    return { outputs: results.outputs!, loss: number('loss'), weight: number('weight'), correct: number('correct') };
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Memory for the state after a run. The runtime's own would be copied, which shows where a step is all of a run. */
function stateAfter({ state }: TrainProgram, memory: State = {}): Tensors {
  const entries = Object.entries(state).map(([key, type]) => {
    const old = memory[key];
    const fits = old && old.dtype === type.dtype && sameShape(old.shape, type.shape);
    return [afterKey(key), fits ? old : filled(type.dtype, staticShape(type.shape), 0)];
  });
  return Object.fromEntries(entries);
}

function packBatches(batches: readonly Batch[], batchSize: number, rows: number): Tensor {
  if (rows === 0) throw new ShapeError('a batch wants rows of the data, which have none');
  const packed = new BigInt64Array(batches.length * batchSize).fill(-1n);
  // Row numbers have 32 bits: writing the two halves takes a tenth of the time that a bigint for each does.
  const halves = new Int32Array(packed.buffer);
  for (const [step, batch] of batches.entries()) {
    if (batch.length > batchSize)
      throw new ShapeError(`batch ${step} wants at most ${batchSize} rows; got ${batch.length}`);
    for (let i = 0; i < batch.length; i++) {
      const row = batch[i]!;
      if (!(Number.isInteger(row) && row >= 0 && row < rows))
        throw new ShapeError(`batch ${step} wants rows 0 to ${rows - 1}; got ${row}`);
      const at = 2 * (step * batchSize + i);
      halves[at] = row;
      halves[at + 1] = 0;
    }
  }
  return tensor('int64', [batches.length, batchSize], packed);
}

/** @throws ShapeError if a tensor does not fit its type, differs from the first in rows, or has an invalid target */
function dataFeeds({ data: types, targets }: Pick<EvaluateProgram, 'data' | 'targets'>, data: Tensors): Tensors {
  expectTensors(types, data, 'data ');
  const [first, ...others] = Object.keys(types);
  const rowsOf = (name: string) => data[name]!.shape[0];
  const odd = others.find((name) => rowsOf(name) !== rowsOf(first!));
  if (odd !== undefined)
    throw new ShapeError(`data '${odd}' wants as many rows as '${first}', ${rowsOf(first!)}; got ${rowsOf(odd)}`);
  expectTargets(targets, data);
  return Object.fromEntries(Object.keys(types).map((name) => [`data/${name}`, data[name]!]));
}

/** @throws ShapeError if a tensor is missing or has another type than declared. Named dimensions fit any size. */
function expectTensors(types: Readonly<Record<string, Type>>, tensors: Tensors, kind: string): void {
  for (const [name, wanted] of Object.entries(types)) {
    const got = tensors[name];
    if (!got) throw new ShapeError(`${kind}'${name}' is missing; wanted ${formatType(wanted)}`);
    const fits =
      got.dtype === wanted.dtype &&
      got.shape.length === wanted.shape.length &&
      wanted.shape.every((dim, i) => typeof dim === 'string' || dim === got.shape[i]);
    if (!fits) throw new ShapeError(`${kind}'${name}' wants ${formatType(wanted)}; got ${formatType(typeOf(got))}`);
  }
}
