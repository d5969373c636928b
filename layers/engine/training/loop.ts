import type { Tensor } from '../tensor.ts';
import { DivergenceError, stepsTaken } from './divergence.ts';
import { Pace } from './pace.ts';
import type { State } from './state.ts';
import { type Batch, firstBadStep, type StepScores } from './training.ts';

/** What the loop needs of a `Training`. */
export interface Stepping {
  state: State;
  run(batches: readonly Batch[]): Promise<StepScores>;
}

export interface LoopOptions {
  /** Milliseconds from any beginning. Results do not depend on it. */
  readonly now: () => number;
  /**
   * How long a chunk is to take. A shorter one crosses between the runtime and us more often, a longer one obeys a stop
   * too late. Default: a second.
   */
  readonly chunkMs?: number;
}

/** Steps that were taken in one run of the program. */
export interface Chunk {
  /** Which of the batches was the first. */
  readonly first: number;
  readonly scores: StepScores;
}

const CHUNK_MS = 1000;
/** A step of a large network takes seconds: the first chunk finds out. */
const FIRST_STEPS = 1;

/**
 * Takes a training through batches, as many in one run of its program as take about the given time, learned as it goes.
 * How steps are grouped changes no bit of the result.
 */
export class TrainingLoop {
  readonly #training: Stepping;
  readonly #now: () => number;
  readonly #pace: Pace;
  /** The state before the chunk before this one: of its first step the loss is known to be finite. */
  #proven: State;

  constructor(training: Stepping, { now, chunkMs = CHUNK_MS }: LoopOptions) {
    this.#training = training;
    this.#now = now;
    this.#pace = new Pace(chunkMs, FIRST_STEPS);
    this.#proven = training.state;
  }

  /**
   * One step a batch, from the one numbered `from`. Whoever leaves the iteration stops the training between two chunks,
   * with the state of the last one; state and data of the training may be changed there.
   * @throws DivergenceError if a loss is not finite; the training is set back to the last state that was good
   */
  async *run(batches: readonly Batch[], from = 0): AsyncGenerator<Chunk, void, undefined> {
    for (let first = from; first < batches.length; ) {
      const chunk = batches.slice(first, first + this.#pace.size);
      const before = this.#training.state;
      const began = this.#now();
      const scores = await this.#training.run(chunk);
      this.#pace.took(chunk.length, this.#now() - began);
      const bad = firstBadStep(scores);
      if (bad >= 0) throw this.#diverged(before, chunk[bad]!, bad, scores.loss[bad]!);
      this.#proven = before;
      yield { first, scores };
      first += chunk.length;
    }
  }

  #diverged(before: State, batch: Batch, bad: number, loss: number): DivergenceError {
    // The step before may have had a finite loss and left parameters that are not.
    const state = bad > 0 || isSound(before) ? before : this.#proven;
    this.#training.state = state;
    const step = stepsTaken(before) + bad + 1;
    return new DivergenceError({ step, stepInChunk: bad + 1, rows: Array.from(batch), loss, state });
  }
}

const isSound = (state: State): boolean => Object.values(state).every(hasFiniteNumbers);

function hasFiniteNumbers({ data }: Tensor): boolean {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return true;
  return data.every(Number.isFinite);
}
