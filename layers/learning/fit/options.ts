/** The options of a training that hold for every family: class weights, the course of the learning rate, and its search. */
import { div, minimum, mul } from '#engine/ops/elementwise.ts';
import type { Schedule } from '#engine/optim/optimizer.ts';
import { constant, cosineWithWarmup, linearWithWarmup, stepDecay } from '#engine/optim/schedule.ts';
import type { Device } from '#engine/run.ts';
import { crossEntropy, softmaxCrossEntropy } from '#engine/training/loss.ts';
import { type CommonHyperparameters, decayOf, optimizerOf } from '#zoo/hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import { classWeights } from './class-weights.ts';
import type { Learner, LoopHyperparameters } from './fit.ts';
import { findLearningRate } from './range-test.ts';
import { rowsOf } from './rows.ts';
import type { Answers, EncodedData } from './task.ts';

export interface OptionsFor {
  readonly hyperparameters: CommonHyperparameters;
  readonly preparation: Answers;
  readonly data: EncodedData;
  /** Default: the processor. */
  readonly device?: Device;
}

export interface Settled {
  readonly learner: Learner;
  /** With the learning rate that was found, if none was given. */
  readonly hyperparameters: LoopHyperparameters;
  /** That which is used, where none was given. */
  readonly weightDecay: number;
}

/** @throws TrainingFailure if an option does not fit the task */
export async function withOptions(learner: Learner, of: OptionsFor): Promise<Settled> {
  const { hyperparameters: h, data } = of;
  const weighted = await withClassWeights(learner, of);
  const learning_rate =
    h.learning_rate === 'auto' ? await findLearningRate(weighted, h, data.training, of.device) : h.learning_rate;
  const rows = rowsOf(data.training);
  const schedule = scheduleOf(h, Math.ceil(rows / h.batch_size));
  const weightDecay = decayOf(h, { rows, weight: learner.decay ?? 1 });
  return {
    learner: { ...weighted, optimizer: optimizerOf(h, learning_rate, weightDecay), ...(schedule ? { schedule } : {}) },
    hyperparameters: { ...h, learning_rate },
    weightDecay,
  };
}

async function withClassWeights(learner: Learner, { hyperparameters: h, preparation, data }: OptionsFor) {
  if (h.class_weight === undefined) return learner;
  if (learner.objective.loss !== softmaxCrossEntropy) {
    throw new TrainingFailure('class_weight must be left out: the model does not choose between classes');
  }
  const weights = await classWeights(h.class_weight, preparation.classes, data.training);
  return { ...learner, objective: { ...learner.objective, loss: crossEntropy({ classWeights: weights }) } };
}

/** `undefined`: the learning rate stays as it is. */
export function scheduleOf(h: CommonHyperparameters, stepsPerEpoch: number): Schedule | undefined {
  const { lr_schedule = 'constant', warmup_epochs = 0, lr_step_epochs = 10, lr_step_factor = 0.1 } = h;
  if (lr_schedule === 'constant' && warmup_epochs === 0) return undefined;
  const total = h.epochs * stepsPerEpoch;
  const warmup = Math.min(total, Math.round(warmup_epochs * stepsPerEpoch));
  const shapes: Readonly<Record<typeof lr_schedule, () => Schedule>> = {
    constant: () => afterWarmup(constant, warmup),
    step: () => afterWarmup(stepDecay(lr_step_epochs * stepsPerEpoch, lr_step_factor), warmup),
    // One step more than there are, so that the last one is not without effect.
    linear: () => linearWithWarmup(warmup, total + 1),
    cosine: () => cosineWithWarmup(warmup, total + 1),
  };
  return shapes[lr_schedule]();
}

/** From 0 to what the schedule says, in a straight line over the first steps. */
const afterWarmup =
  (schedule: Schedule, warmup: number): Schedule =>
  (b, step) =>
    mul(b, schedule(b, step), minimum(b, div(b, step, Math.max(1, warmup)), 1));
