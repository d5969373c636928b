/** What takes a network's steps and judges rows, while the fit loop decides which. */
import type { Device, SessionOptions } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { Stepping } from '#engine/training/loop.ts';
import type { State } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Evaluator, Training } from '#engine/training/training.ts';

export interface RunningTraining extends Stepping, AsyncDisposable {
  /** Continues with other data of the same types. */
  set data(data: Tensors);
}

export type RunningEvaluation = Pick<Evaluator, 'run'> & AsyncDisposable;

export interface Runner {
  /** Tells programs apart: a checkpoint of one is not used by another. */
  readonly identity: Uint8Array;
  /** What the intermediate values of a step take at their peak; absent where that is not known. */
  readonly stepBytes?: number;
  openTraining(data: Tensors, state: State): Promise<RunningTraining>;
  openEvaluation(): Promise<RunningEvaluation>;
}

export interface RunnerOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly session: SessionOptions;
}

/** With fewer operations in a run, a second thread costs more than it gains. */
const THREADED_FLOPS = 3e7;

/** @param flops floating-point operations of a run */
export const sessionFor = (flops: number, device?: Device): SessionOptions => ({
  ...(flops < THREADED_FLOPS ? { threads: 1 } : {}),
  ...(device ? { device } : {}),
});

/**
 * One compiled program that takes steps, and one that judges.
 * @param spec also whether batches are in order, which is the same training to the last bit
 * @param judging how that one runs, of many rows at once. Default: as steps
 */
export function programRunner(spec: TrainSpec, session: SessionOptions, judging = session): Runner {
  const program = compileTrain(spec);
  const evaluation = compileEvaluate(spec);
  return {
    identity: spec.isInOrder ? compileTrain({ ...spec, isInOrder: false }).bytes : program.bytes,
    stepBytes: program.stepBytes,
    openTraining: (data, state) => Training.open(program, data, state, session),
    openEvaluation: () => Evaluator.open(evaluation, judging),
  };
}
