import type { Tensor } from '../tensor.ts';
import { DivergenceError, stepsTaken } from './divergence.ts';
import { Pace } from './pace.ts';
import type { State } from './state.ts';
import type { Kept } from './state-memory.ts';
import { type Batch, firstBadStep, type StepScores } from './training.ts';

/** The part of a `Training` that the loop needs. */
export interface Stepping {
  state: State;
  run(batches: readonly Batch[]): Promise<StepScores>;
  /**
   * The state as it is now, to come back to. For a training that would copy its state for whoever asks for it, or that
   * writes over states which nobody keeps; absent if `state` costs nothing.
   */
  keep?(): Kept;
}

export interface LoopOptions {
  /** Milliseconds since any fixed time. Results do not depend on it. */
  readonly now: () => number;
  /**
   * The target duration of a chunk. With shorter ones, calls of the runtime cost more; with longer ones, a stop takes
   * effect later. Default: a second.
   */
  readonly chunkMs?: number;
}

/** The steps of one run of the program. */
export interface Chunk {
  /** The number of the first batch. */
  readonly first: number;
  readonly scores: StepScores;
}

const CHUNK_MS = 1000;
/** A step of a large network can take seconds. The first chunk measures it. */
const FIRST_STEPS = 1;

/**
 * Takes a training through batches. Each run of the program does as many as take about the given time, estimated from
 * earlier runs. How steps are grouped does not change a single bit of the result.
 */
export class TrainingLoop {
  readonly #training: Stepping;
  readonly #now: () => number;
  readonly #pace: Pace;
  /** The state before the previous chunk. The loss of its first step is known to be finite. */
  #proven: Kept;

  constructor(training: Stepping, { now, chunkMs = CHUNK_MS }: LoopOptions) {
    this.#training = training;
    this.#now = now;
    this.#pace = new Pace(chunkMs, FIRST_STEPS);
    this.#proven = keptOf(training);
  }

  /**
   * Takes one step per batch, starting with the batch numbered `from`. Leaving the iteration stops the training between
   * two chunks, with the state of the last one. The training's state and data may be replaced there.
   * @throws DivergenceError if a loss is not finite; the training is reset to the last good state
   */
  async *run(batches: readonly Batch[], from = 0): AsyncGenerator<Chunk, void, undefined> {
    for (let first = from; first < batches.length; ) {
      const chunk = batches.slice(first, first + this.#pace.size);
      const before = keptOf(this.#training);
      const began = this.#now();
      const scores = await this.#training.run(chunk);
      this.#pace.took(chunk.length, this.#now() - began);
      const bad = firstBadStep(scores);
      if (bad >= 0) throw this.#diverged(before.state(), chunk[bad]!, bad, scores.loss[bad]!);
      this.#proven.release();
      this.#proven = before;
      yield { first, scores };
      first += chunk.length;
    }
  }

  #diverged(before: State, batch: Batch, bad: number, loss: number): DivergenceError {
    // The previous step may have had a finite loss and still left parameters that are not finite.
    const state = bad > 0 || isSound(before) ? before : this.#proven.state();
    this.#training.state = state;
    const step = stepsTaken(before) + bad + 1;
    return new DivergenceError({ step, stepInChunk: bad + 1, rows: Array.from(batch), loss, state });
  }
}

function keptOf(training: Stepping): Kept {
  if (training.keep) return training.keep();
  const { state } = training;
  return { state: () => state, release: () => undefined };
}

const isSound = (state: State): boolean => Object.values(state).every(hasFiniteNumbers);

function hasFiniteNumbers({ data }: Tensor): boolean {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return true;
  return data.every(Number.isFinite);
}
