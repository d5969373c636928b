/** The fit loop: epochs of chunks, each of them one run of many steps. */
import { initialState, parametersOf } from '#engine/state.ts';
import { compileEvaluate, compileTrain } from '#engine/step.ts';
import type { Tensors } from '#engine/tensor.ts';
import { Evaluator, firstBadStep, Training } from '#engine/training.ts';
import type { Family } from '#zoo/family.ts';
import { type CommonHyperparameters, optimizerOf } from '#zoo/hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import { batchesOf } from './batches.ts';
import { EarlyStopping, type StoppingRule } from './early-stopping.ts';
import { type EvaluateOptions, evaluate, type Scores } from './evaluate.ts';
import { Pace } from './pace.ts';
import { type EncodedData, objectiveOf, type Preparation, rowsOf, shapeOf } from './task.ts';

/** Each metric by epoch. */
export type History = Readonly<Record<string, readonly number[]>>;

export interface Progress {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Of all epochs, 0–1. */
  readonly fraction: number;
  /** Of the last epoch that is done; empty before. */
  readonly metrics: Scores;
}

export interface FitSpec {
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly preparation: Preparation;
  readonly data: EncodedData;
  readonly earlyStopping: StoppingRule;
  /** Milliseconds from any beginning, to keep chunks short; results do not depend on it. */
  readonly now: () => number;
  /** Called several times a second, between chunks; false ends the fit. */
  readonly report: (progress: Progress) => Promise<boolean>;
}

export interface Fit {
  /** The best epoch's. */
  readonly parameters: Tensors;
  readonly history: History;
  readonly bestEpoch: number;
  /** What decided which epoch is the best. */
  readonly monitor: string;
  /** Of the best epoch's parameters, on all rows of each kind. */
  readonly training: Scores;
  readonly validation?: Scores;
}

/** A chunk shorter than this costs more than it does; a longer one obeys a stop too late. */
const CHUNK_MS = 250;
/** A step of a large network takes seconds: the first chunk finds out. */
const FIRST_STEPS = 1;
/** Of a piece of an evaluation: a fraction of a second. */
const PIECE_FLOPS = 5e8;
const PIECE_ROWS = { least: 64, most: 65_536 };
/** Training rows that a regression is judged by in each epoch; all of them are in the end. */
const SAMPLE_ROWS = 8192;
/** Below so many operations a step, a second thread costs more than it does. */
const THREADED_FLOPS = 3e7;

/**
 * Fits a network. The same spec gives the same result, bit for bit, on the same machine. `undefined`: `report` ended it.
 * @throws TrainingFailure, naming epoch and step, if the loss is no finite number
 */
export async function fitNetwork(spec: FitSpec): Promise<Fit | undefined> {
  const { family, hyperparameters: h, preparation, data, now } = spec;
  const shape = shapeOf(preparation);
  const network = family.network(shape, h);
  const objective = objectiveOf(preparation, network);
  const optimizer = optimizerOf(h);
  const batchSize = Math.min(h.batch_size, rowsOf(data.training));
  const program = compileTrain({ ...objective, optimizer, batchSize, seed: h.seed });
  const flops = family.flopsPerRow(shape, h);
  const small = 3 * batchSize * flops < THREADED_FLOPS;
  const options = small ? { threads: 1 } : {};
  const state = initialState({ network, optimizer }, h.seed);
  await using training = await Training.open(program, data.training, state, options);
  await using evaluator = await Evaluator.open(compileEvaluate(objective), options);

  const stopping = new EarlyStopping(spec.earlyStopping, data.validation !== undefined);
  const history: Record<string, number[]> = {};
  const pace = new Pace(CHUNK_MS, FIRST_STEPS);
  let best = training.state;
  let progress: Progress = { epoch: 0, fraction: 0, metrics: {} };
  const goOn = (): Promise<boolean> => spec.report(progress);
  const judging: EvaluateOptions = { evaluator, preparation, pieceRows: pieceRows(flops), goOn };

  for (let epoch = 1; epoch <= h.epochs; epoch++) {
    const batches = batchesOf(rowsOf(data.training), batchSize, h.seed, epoch);
    const totals = { loss: 0, weight: 0, correct: 0 };
    for (let step = 0; step < batches.length; ) {
      const chunk = batches.slice(step, step + pace.size);
      const began = now();
      const scores = await training.run(chunk);
      pace.took(chunk.length, now() - began);
      const bad = firstBadStep(scores);
      if (bad >= 0) throw diverged(epoch, `step ${step + bad + 1} of ${batches.length}`, h.learning_rate);
      // One after the other, so that the sum does not depend on how steps were grouped into chunks.
      for (const name of ['loss', 'weight', 'correct'] as const) {
        for (const value of scores[name]) totals[name] += value;
      }
      step += chunk.length;
      progress = { ...progress, fraction: (epoch - 1 + step / batches.length) / h.epochs };
      if (!(await goOn())) return undefined;
    }
    const metrics = await judgeEpoch(judging, training.state, data, totals);
    if (!metrics) return undefined;
    if (!Object.values(metrics).every(Number.isFinite)) throw diverged(epoch, 'its end', h.learning_rate);
    for (const [name, value] of Object.entries(metrics)) {
      history[name] ??= [];
      history[name].push(value);
    }
    if (stopping.take(metrics)) best = training.state;
    progress = { epoch, fraction: epoch / h.epochs, metrics };
    if (!(await goOn())) return undefined;
    if (stopping.isOver) break;
  }

  const onTraining = await evaluate(judging, best, data.training);
  const onValidation = data.validation && (await evaluate(judging, best, data.validation));
  if (!onTraining || (data.validation && !onValidation)) return undefined;
  return {
    parameters: parametersOf(best),
    history,
    bestEpoch: stopping.bestEpoch,
    monitor: stopping.monitor,
    training: onTraining,
    ...(onValidation ? { validation: onValidation } : {}),
  };
}

/** The metrics of an epoch: of training rows as they were seen while learning, of validation rows afterwards. */
async function judgeEpoch(
  judging: EvaluateOptions,
  state: Tensors,
  data: EncodedData,
  totals: { readonly loss: number; readonly weight: number; readonly correct: number },
): Promise<Scores | undefined> {
  const { task } = judging.preparation;
  const seen = { loss: totals.loss / totals.weight, accuracy: totals.correct / totals.weight };
  const training = task === 'classification' ? seen : await evaluate(judging, state, data.training, SAMPLE_ROWS);
  const validation = data.validation ? await evaluate(judging, state, data.validation) : {};
  if (!training || !validation) return undefined;
  return { ...only(task, training, ''), ...only(task, validation, 'val_') };
}

/** The names that the history has, of the scores that were computed. */
const EPOCH_METRICS = {
  classification: ['loss', 'accuracy'],
  regression: ['loss', 'rmse', 'mae', 'r2'],
} as const;

/** Those scores that a task's history has, with a prefix to their names. */
export function only(task: Preparation['task'], scores: Scores, prefix: string): Scores {
  const names: readonly string[] = EPOCH_METRICS[task];
  return Object.fromEntries(names.flatMap((name) => (name in scores ? [[prefix + name, scores[name]!]] : [])));
}

function diverged(epoch: number, where: string, learningRate: number): TrainingFailure {
  return new TrainingFailure(
    `The loss must be a finite number; it was not in epoch ${epoch}, ${where}, with learning_rate ${learningRate}: try a smaller one`,
  );
}

const pieceRows = (flopsPerRow: number): number =>
  Math.max(PIECE_ROWS.least, Math.min(PIECE_ROWS.most, Math.floor(PIECE_FLOPS / Math.max(1, flopsPerRow))));
