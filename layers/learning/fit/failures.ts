/** Describes what ends a fit to the owner of the job. */
import { OutOfMemoryError } from '#engine/out-of-memory.ts';
import { DivergenceError } from '#engine/training/divergence.ts';
import { TrainingFailure } from '../failure.ts';

export interface Place {
  readonly epoch: number;
  /** Batches of the epoch that are done. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly learningRate: number;
}

/** Translates an error of the engine into a failure, and returns any other error unchanged. */
export function failureOf(error: unknown, { epoch, step, stepsPerEpoch, learningRate }: Place): unknown {
  if (error instanceof DivergenceError) {
    return diverged(epoch, `step ${step + error.stepInChunk} of ${stepsPerEpoch}`, learningRate, error);
  }
  if (error instanceof OutOfMemoryError) return new TrainingFailure(`Training ran ${error.message}`, { cause: error });
  return error;
}

export function diverged(epoch: number, where: string, learningRate: number, cause?: Error): TrainingFailure {
  return new TrainingFailure(
    `The loss must be a finite number; it was not in epoch ${epoch}, ${where}, with learning_rate ${learningRate}: try a smaller one`,
    { cause },
  );
}
