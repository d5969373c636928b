import type { State } from './state.ts';

/** Where a loss was not finite, and the state from which to continue. */
export interface Divergence {
  /** The step, counted from 1. Steps that were skipped because a gradient overflowed do not count. */
  readonly step: number;
  /** The step within its chunk, counted from 1. */
  readonly stepInChunk: number;
  /** The row numbers of its batch. */
  readonly rows: readonly number[];
  /** NaN or an infinity. */
  readonly loss: number;
  /** The last state with which a loss was finite. */
  readonly state: State;
}

/** The most rows that the message names. The error has all of them. */
const NAMED_ROWS = 8;

/** The loss of a step was NaN or infinite. The parameters after it are useless. */
export class DivergenceError extends Error implements Divergence {
  override readonly name = 'DivergenceError';
  readonly step: number;
  readonly stepInChunk: number;
  readonly rows: readonly number[];
  readonly loss: number;
  readonly state: State;

  constructor({ step, stepInChunk, rows, loss, state }: Divergence) {
    const named = rows.slice(0, NAMED_ROWS).join(', ') + (rows.length > NAMED_ROWS ? ', …' : '');
    super(
      `the loss must be a finite number; got ${loss} in step ${step} (step ${stepInChunk} of its chunk) over ${rows.length} rows (${named}): ` +
        `try a smaller learning rate or clip the gradient, and look for extreme values in these rows; the state of step ${stepsTaken(state)} is kept`,
    );
    this.step = step;
    this.stepInChunk = stepInChunk;
    this.rows = rows;
    this.loss = loss;
    this.state = state;
  }
}

/** The number of steps that led to this state. */
export const stepsTaken = (state: State): number => Number(state.step?.data[0] ?? 0);
