import type { State } from './state.ts';

/** Where a loss was no finite number, and what there is to go on from. */
export interface Divergence {
  /** Of all steps, counted from 1; those that were skipped because a gradient overflowed do not count. */
  readonly step: number;
  /** Of the chunk that it was in, counted from 1. */
  readonly stepInChunk: number;
  /** The row numbers of its batch. */
  readonly rows: readonly number[];
  /** NaN or an infinity. */
  readonly loss: number;
  /** The last state under which a loss was finite. */
  readonly state: State;
}

/** Rows that the message names; the error has them all. */
const NAMED_ROWS = 8;

/** A step's loss was NaN or infinite, so that no parameter after it is of any use. */
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

/** How many steps have made this state. */
export const stepsTaken = (state: State): number => Number(state.step?.data[0] ?? 0);
