import { expect, test } from '@jest/globals';
import { OutOfMemoryError } from '#engine/out-of-memory.ts';
import { scalar } from '#engine/tensor.ts';
import { DivergenceError } from '#engine/training/divergence.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { failureOf } from '#learning/fit/failures.ts';

const PLACE = { epoch: 3, step: 40, stepsPerEpoch: 50, learningRate: 0.1 };

test('a loss that is no number is placed in its epoch, and the error of the engine is the cause', () => {
  const state = { step: scalar('int64', 140) };
  const error = new DivergenceError({ step: 145, stepInChunk: 5, rows: [7], loss: Number.NaN, state });
  expect(failureOf(error, PLACE)).toEqual(
    new TrainingFailure(
      'The loss must be a finite number; it was not in epoch 3, step 45 of 50, with learning_rate 0.1: try a smaller one',
      { cause: error },
    ),
  );
});

test('too little memory is the job’s failure, with what takes less', () => {
  const error = new OutOfMemoryError('out of memory while taking 1 steps of 512 rows: try a smaller batch_size');
  const failure = failureOf(error, PLACE) as TrainingFailure;
  expect(failure).toBeInstanceOf(TrainingFailure);
  expect(failure.message).toBe('Training ran out of memory while taking 1 steps of 512 rows: try a smaller batch_size');
});

test('any other error stays what it is', () => {
  const error = new Error('the disk is full');
  expect(failureOf(error, PLACE)).toBe(error);
});
