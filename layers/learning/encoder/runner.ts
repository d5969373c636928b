/** Runs an encoder's training and evaluation: a compiled program for each length of texts, all with the same state. */
import type { Optimizer, Schedule } from '#engine/optim/optimizer.ts';
import type { SessionOptions } from '#engine/run.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Loss } from '#engine/training/loss-type.ts';
import type { Network } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { parameterKey, type State, slotKey } from '#engine/training/state.ts';
import { type Kept, StateMemory } from '#engine/training/state-memory.ts';
import { compileEvaluate, compileTrain, type TrainProgram } from '#engine/training/step.ts';
import { type Batch, type Evaluation, Evaluator, type StepScores, Training } from '#engine/training/training.ts';
import { type } from '#engine/type.ts';
import type { Runner, RunnerOptions, RunningEvaluation, RunningTraining } from '../fit/runner.ts';
import { affordable, bucketOf } from './buckets.ts';
import { localTokens, VocabularyTables } from './vocabulary.ts';

export interface EncoderRunnerSpec {
  /** The network with a vocabulary of so many tokens. */
  readonly network: (vocabularyRows: number) => Network;
  readonly loss: Loss;
  /** The tokens that the data have. */
  readonly vocabularyRows: number;
  readonly vocabularyName: string;
  readonly isVocabularyTrained: boolean;
  /** Ascending. */
  readonly buckets: readonly number[];
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly accumulation: number;
  readonly clipNorm: number;
}

/** The texts' identifiers, counted within the tokens that the data have: int32 [rows, tokens]. */
const IDS = 'ids';

/** For texts of a length. */
export const encoderObjective = (network: Network, loss: Loss, length: number): Objective => ({
  data: { [IDS]: type('int32', ['rows', length]), y: type('int32', ['rows']) },
  target: 'y',
  front: (_, rows) => rows[IDS]!,
  network,
  loss,
});

export function encoderRunner(spec: EncoderRunnerSpec, { batchSize, seed, session }: RunnerOptions): Runner {
  /** A step has no more tokens than this; with fewer in the whole data, all are always there. */
  const rowsFor = (length: number) => Math.min(spec.vocabularyRows, batchSize * length);
  const compiled = new Map<number, TrainProgram>();
  const program = (length: number): TrainProgram => {
    const found = compiled.get(length);
    if (found) return found;
    const { optimizer, schedule, accumulation, clipNorm } = spec;
    const made = compileTrain({
      ...encoderObjective(spec.network(rowsFor(length)), spec.loss, length),
      ...{ optimizer, schedule, accumulation, clipNorm, batchSize, seed },
    });
    compiled.set(length, made);
    return made;
  };
  const buckets = affordable(spec.buckets, (length) => program(length).stepBytes, OPEN_BYTES);
  const own = { ...spec, buckets };
  return {
    // The other programs differ in the length alone.
    identity: Buffer.concat([program(buckets[0]!).bytes, Buffer.from(buckets.join())]),
    stepBytes: buckets.reduce((sum, length) => sum + program(length).stepBytes, 0),
    openTraining: async (data, state) => new EncoderTraining(own, { program, rowsFor, session }, data, state),
    openEvaluation: async () => new EncoderEvaluation(own, session),
  };
}

/** Of all open programs, for the intermediate values of their steps, which each keeps for its next. */
const OPEN_BYTES = 2 ** 31;

interface Programs {
  readonly program: (length: number) => TrainProgram;
  readonly rowsFor: (length: number) => number;
  readonly session: SessionOptions;
}

class EncoderTraining implements RunningTraining {
  readonly #spec: EncoderRunnerSpec;
  readonly #programs: Programs;
  readonly #open = new Map<number, Training>();
  /** The keys of the vocabulary's table, and of what the optimizer keeps for it. */
  readonly #tableKeys: readonly string[];
  #data: Tensors;
  #lengths: Int32Array;
  #tables: VocabularyTables;
  /** Everything but the tables. */
  readonly #rest: StateMemory;

  constructor(spec: EncoderRunnerSpec, programs: Programs, data: Tensors, state: State) {
    const { vocabularyName: name, optimizer, isVocabularyTrained } = spec;
    this.#spec = spec;
    this.#programs = programs;
    this.#tableKeys = [
      parameterKey(name),
      ...(isVocabularyTrained ? optimizer.slots.map((slot) => slotKey(slot, name)) : []),
    ];
    this.#data = data;
    this.#lengths = lengthsOf(data);
    this.#tables = new VocabularyTables(state, this.#tableKeys);
    this.#rest = new StateMemory(this.#without(state));
  }

  get state(): State {
    return { ...this.#rest.state, ...this.#tables.all };
  }

  set state(state: State) {
    this.#tables = new VocabularyTables(state, this.#tableKeys);
    this.#rest.state = this.#without(state);
  }

  keep(): Kept {
    const [rest, tables] = [this.#rest.keep(), this.#tables.recall()];
    return { state: () => ({ ...rest.state(), ...tables() }), release: () => rest.release() };
  }

  set data(data: Tensors) {
    this.#data = data;
    this.#lengths = lengthsOf(data);
  }

  async run(batches: readonly Batch[]): Promise<StepScores> {
    const all: StepScores[] = [];
    for (let from = 0; from < batches.length; ) {
      const length = this.#lengthOf(batches[from]!);
      let to = from + 1;
      while (
        to < batches.length &&
        this.#lengthOf(batches[to]!) === length &&
        this.#fits(batches.slice(from, to + 1), length)
      )
        to++;
      all.push(await this.#runTogether(batches.slice(from, to), length));
      from = to;
    }
    const joined = (name: keyof StepScores) => Float32Array.from(all.flatMap((scores) => Array.from(scores[name])));
    return { loss: joined('loss'), weight: joined('weight'), correct: joined('correct') };
  }

  /** Batches of one length, in one run of its program. */
  async #runTogether(batches: readonly Batch[], length: number): Promise<StepScores> {
    const rows = Int32Array.from(batches.flatMap((batch) => Array.from(batch)));
    const { tokens, local } = localTokens(cut(this.#data, rows, length));
    const y = expectTensor('y', this.#data.y, 'int32').data;
    const data = {
      [IDS]: tensor('int32', [rows.length, length], local),
      y: tensor(
        'int32',
        [rows.length],
        rows.map((row) => y[row]!),
      ),
    };
    const state = { ...this.#rest.now, ...this.#tables.take(tokens, this.#programs.rowsFor(length)) };
    const training = this.#open.get(length) ?? (await this.#start(length, data, state));
    training.data = data;
    training.state = state;
    let next = 0;
    const own = batches.map((batch) => Array.from(batch, () => next++));
    const scores = await training.run(own, this.#rest.takeSpare() ?? {});
    const taken = training.release();
    this.#tables.put(tokens, taken);
    this.#rest.follow(this.#without(taken));
    return scores;
  }

  #without(state: State): State {
    return Object.fromEntries(Object.entries(state).filter(([key]) => !this.#tableKeys.includes(key)));
  }

  async #start(length: number, data: Tensors, state: State): Promise<Training> {
    const { program: of, session } = this.#programs;
    // A plan is made in the first step, beside whose memory it takes as much again: 2.7 GB instead of 1.5, and no less time.
    const training = await Training.open(of(length), data, state, { plansMemory: false, ...session });
    this.#open.set(length, training);
    return training;
  }

  #lengthOf(batch: Batch): number {
    return bucketOf(Math.max(...Array.from(batch, (row) => this.#lengths[row]!)), this.#spec.buckets);
  }

  /** Whether the program has room for the tokens of all these batches. */
  #fits(batches: readonly Batch[], length: number): boolean {
    const rows = Int32Array.from(batches.flatMap((batch) => Array.from(batch)));
    return localTokens(cut(this.#data, rows, length)).tokens.length <= this.#programs.rowsFor(length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const training of this.#open.values()) await training.dispose();
  }
}

class EncoderEvaluation implements RunningEvaluation {
  readonly #spec: EncoderRunnerSpec;
  readonly #session: SessionOptions;
  readonly #network: Network;
  readonly #open = new Map<number, Evaluator>();

  constructor(spec: EncoderRunnerSpec, session: SessionOptions) {
    this.#spec = spec;
    this.#session = session;
    this.#network = spec.network(spec.vocabularyRows);
  }

  async run(state: State, data: Tensors): Promise<Evaluation> {
    const lengths = lengthsOf(data);
    const length = bucketOf(Math.max(1, ...lengths), this.#spec.buckets);
    const ids = tensor('int32', [lengths.length, length], cut(data, Int32Array.from(lengths.keys()), length));
    const evaluator = this.#open.get(length) ?? (await this.#start(length));
    return evaluator.run(state, { [IDS]: ids, y: data.y! });
  }

  async #start(length: number): Promise<Evaluator> {
    const evaluator = await Evaluator.open(
      compileEvaluate(encoderObjective(this.#network, this.#spec.loss, length)),
      this.#session,
    );
    this.#open.set(length, evaluator);
    return evaluator;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const evaluator of this.#open.values()) await evaluator.dispose();
  }
}

/** The tokens of each text. */
export function lengthsOf(data: Tensors): Int32Array {
  const { shape, data: ids } = expectTensor(IDS, data[IDS], 'int32');
  const [rows, width] = shape as readonly [number, number];
  return Int32Array.from({ length: rows }, (_, row) => {
    let length = width;
    while (length > 0 && ids[row * width + length - 1]! < 0) length--;
    return length;
  });
}

/** The first tokens of some rows. A bucket may be wider than the data. */
function cut(data: Tensors, rows: Int32Array, length: number): Int32Array {
  const { shape, data: ids } = expectTensor(IDS, data[IDS], 'int32');
  const width = shape[1]!;
  const result = new Int32Array(rows.length * length).fill(-1);
  for (const [i, row] of rows.entries()) {
    result.set(ids.subarray(row * width, row * width + Math.min(width, length)), i * length);
  }
  return result;
}
