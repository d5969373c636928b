/** The fit loop. An epoch is run in chunks of many steps; between two chunks, a fit can be interrupted and resumed. */
import type { Optimizer, Schedule } from '#engine/optim/optimizer.ts';
import type { Device } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import { stepsTaken } from '#engine/training/divergence.ts';
import { TrainingLoop } from '#engine/training/loop.ts';
import type { Network } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { initialState, parameterKey, parametersOf, type State } from '#engine/training/state.ts';
import { ShapeError } from '#engine/type.ts';
import type { Family } from '#zoo/family.ts';
import { type CommonHyperparameters, optimizerOf, rateOf } from '#zoo/hyperparameters.ts';
import type { RowThread } from '../row-thread.ts';
import { type Checkpoint, CheckpointRefused, identityOf, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Course } from './course.ts';
import type { BestBy, StoppingRule } from './early-stopping.ts';
import { type EvaluateOptions, evaluate, type Scores } from './evaluate.ts';
import { diverged, failureOf } from './failures.ts';
import { judgeEpoch } from './judge.ts';
import { type Checkpoints, Keeper } from './keeper.ts';
import { type Outputs, OutputsKeeper } from './kept-outputs.ts';
import { expectMemory } from './memory.ts';
import { RowWindows } from './row-windows.ts';
import { type EpochBatches, type EpochRows, pieceRows, rowsOf, trainingRows } from './rows.ts';
import { programRunner, type Runner, type RunnerOptions, type RunningTraining, sessionFor } from './runner.ts';
import { type Answers, type EncodedData, objectiveOf, type Preparation, shapeOf } from './task.ts';

/** Each metric by epoch. */
export type History = Readonly<Record<string, readonly number[]>>;

export interface Progress {
  /** The number of finished epochs. */
  readonly epoch: number;
  /** The fraction of all epochs that is done, 0–1. */
  readonly fraction: number;
  /** The metrics of the last finished epoch. Empty before the first. */
  readonly metrics: Scores;
  /** The monitored metric of the best epoch. Absent before the first. */
  readonly best?: number;
}

/** What learns: a network over encoded rows, whatever these were made of. */
export interface Learner {
  /** What checkpoints of it are recognized by, with its hyperparameters. */
  readonly name: string;
  readonly network: Network;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule;
  /** Weights to start from, by name. Default: all are drawn from the seed. */
  readonly initial?: Tensors;
  /** Floating-point operations of the forward pass of one row. */
  readonly flopsPerRow: number;
  /** What weight decay `auto` is, times the number of training rows. Default: 1. */
  readonly decay?: number;
  /** What runs it. Default: one compiled program for all rows. */
  readonly runner?: (options: RunnerOptions) => Runner;
  /** The batches of an epoch. Default: in any order. */
  readonly batches?: EpochBatches;
  /** What is learned from in an epoch, where that differs from one to the next. Default: the training rows. */
  readonly epochRows?: EpochRows | undefined;
  /** Rows that are judged together. Default: by `flopsPerRow`. */
  readonly pieceRows?: number;
  /**
   * Whether the scores on the training rows are those that were seen while learning, in the best epoch. Default: all rows are
   * judged once more at the end, which takes a third of an epoch.
   */
  readonly scoresAsSeen?: boolean;
}

/** The hyperparameters that the loop itself needs. */
export type LoopHyperparameters = Pick<CommonHyperparameters, 'batch_size' | 'epochs' | 'seed'> & {
  readonly learning_rate: number;
};

export interface LearnerFit {
  readonly learner: Learner;
  readonly hyperparameters: LoopHyperparameters;
  readonly preparation: Answers;
  /** Decides which epoch is the best. Default: what early stopping monitors. */
  readonly bestBy?: BestBy;
  /** Validation scores that the history has besides those of every task. */
  readonly more?: readonly string[];
  readonly data: EncodedData;
  readonly earlyStopping: StoppingRule;
  /** Milliseconds since any fixed time. It keeps chunks short and checkpoints rare; results do not depend on it. */
  readonly now: () => number;
  /** Called about once a second, between chunks. False ends the fit without keeping anything. */
  readonly report: (progress: Progress) => Promise<boolean>;
  /**
   * Asked between chunks, once something was learned: true ends the fit as early stopping does, with the best epoch's
   * parameters, or within the first epoch with those that there are. Default: never.
   */
  readonly isEnough?: () => boolean;
  /** Default: the processor. */
  readonly device?: Device;
  /** What fetches its rows. Default: its own thread does. */
  readonly thread?: RowThread | undefined;
  /** The memory that there is for it. Default: as much as it needs. */
  readonly memoryBytes?: number;
  /** Where an interrupted fit leaves a checkpoint, and the next fit of the same spec finds it. */
  readonly checkpoints?: Checkpoints;
}

/** The fit of a network of a family. */
export interface FitSpec extends Omit<LearnerFit, 'learner' | 'hyperparameters' | 'preparation'> {
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly preparation: Preparation;
}

export interface Fit {
  /** Those of the best epoch; of none, if the fit was ended within the first. */
  readonly parameters: Tensors;
  readonly history: History;
  /** From 1; 0 if the fit was ended within the first epoch. */
  readonly bestEpoch: number;
  /** The metric that decided which epoch is the best. */
  readonly monitor: string;
  /** The scores of the best epoch's parameters, on all training (but see `scoresAsSeen`), validation and test rows. */
  readonly training: Scores;
  readonly validation?: Scores;
  readonly test?: Scores;
}

/** A network of a family as something to fit. */
export function learnerOf({
  family,
  hyperparameters: h,
  preparation,
}: Pick<FitSpec, 'family' | 'hyperparameters' | 'preparation'>): Learner {
  const shape = shapeOf(preparation);
  const network = family.network(shape, h);
  return {
    name: family.name,
    network,
    objective: objectiveOf(preparation, network, family.loss?.(preparation.task, h)),
    optimizer: optimizerOf(h),
    flopsPerRow: family.flopsPerRow(shape, h),
    ...(family.decay ? { decay: family.decay(preparation.task, shape.outputs) } : {}),
  };
}

/** What a fit compiles, and how it runs it. @param isInOrder whether it has the rows of an epoch one after another */
function planOf(
  { learner, hyperparameters: h, data, earlyStopping, bestBy, checkpoints, device }: LearnerFit,
  isInOrder: boolean,
) {
  const { network, objective, optimizer, schedule, flopsPerRow: flops } = learner;
  const rows = rowsOf(data.training);
  const batchSize = batchSizeOf(h, data);
  const session = sessionFor(3 * batchSize * flops, device);
  const judging = sessionFor(Math.min(rows, pieceRows(flops)) * flops, device);
  const of = { batchSize, seed: h.seed };
  const runner =
    learner.runner?.({ ...of, session }) ??
    programRunner({ ...objective, optimizer, ...of, isInOrder, ...(schedule ? { schedule } : {}) }, session, judging);
  return {
    runner,
    initial: () => initialState({ network, optimizer }, h.seed, learner.initial),
    batchSize,
    stepsPerEpoch: Math.ceil(rows / batchSize),
    pieceRows: learner.pieceRows ?? pieceRows(flops),
    identity: identityOf({
      family: learner.name,
      hyperparameters: h,
      earlyStopping: { ...earlyStopping, ...bestBy },
      data: checkpoints?.data ?? '',
      program: runner.identity,
    }),
  };
}

/**
 * Fits a network. On the same machine, the same spec gives the same result, bit for bit, even if the fit is interrupted
 * and resumed from a checkpoint. `undefined` if `report` or the signal of `checkpoints` ended the fit.
 * @throws TrainingFailure, naming epoch and step, if the loss is not finite or memory runs out; before it begins, if it
 * would need more than there is
 */
export function fitNetwork(spec: FitSpec): Promise<Fit | undefined> {
  const hyperparameters = { ...spec.hyperparameters, learning_rate: rateOf(spec.hyperparameters) };
  return fitLearner({ ...spec, hyperparameters, learner: learnerOf(spec) });
}

/** Like `fitNetwork`, for any network over encoded rows. */
export async function fitLearner(spec: LearnerFit): Promise<Fit | undefined> {
  const { hyperparameters: h, preparation, data, now, checkpoints } = spec;
  // First of all: it takes a while until there are some.
  const windows = windowsOf(spec);
  const plan = planOf(spec, windows !== undefined);
  const { stepsPerEpoch, runner } = plan;
  let course: Course | undefined;
  try {
    const rows = windows ?? trainingRows(data.training, plan.batchSize, spec.learner);
    await using training = await openTraining(plan, rows.first, spec.memoryBytes);
    await using evaluator = await runner.openEvaluation();
    const checkpoint = resume(training, plan, checkpoints);
    const validated = data.validation !== undefined;
    const { earlyStopping: rule, bestBy } = spec;
    const at = new Course({ epochs: h.epochs, stepsPerEpoch, rule, validated, bestBy }, checkpoint);
    course = at;

    const checkpointing = new Keeper(checkpoints, now, () =>
      writeCheckpoint(plan.identity, { at: at.position, state: training.state, ...(at.best && { best: at.best }) }),
    );
    const goOn = async (): Promise<boolean> =>
      (await spec.report({
        ...{ epoch: at.epoch - 1, fraction: at.fraction, metrics: at.metrics },
        ...(at.bestMetric === undefined ? {} : { best: at.bestMetric }),
      })) && checkpointing.pass();
    const judging: EvaluateOptions = {
      ...{ evaluator, preparation, pieceRows: plan.pieceRows, goOn },
      ...(spec.more ? { more: spec.more } : {}),
    };
    const loop = new TrainingLoop(training, { now });

    const isEnough = () => spec.isEnough?.() ?? false;
    const runEpoch = async (): Promise<'finished' | 'enough' | 'ended'> => {
      for await (const { data, batches } of rows.epoch({ seed: h.seed, epoch: at.epoch, from: at.step })) {
        training.data = data;
        for await (const { scores } of loop.run(batches)) {
          at.took(scores);
          if (!(await goOn())) return 'ended';
          if (at.step < stepsPerEpoch && isEnough()) return 'enough';
        }
      }
      return 'finished';
    };

    let enough = checkpoint !== undefined && isEnough();
    while (!at.isOver && !enough) {
      const outcome = await runEpoch();
      if (outcome === 'ended') return undefined;
      if (outcome === 'enough') break;
      const metrics = await judgeEpoch(judging, training.state, data, at.totals);
      if (!metrics) return undefined;
      if (!Object.values(metrics).every(Number.isFinite)) throw diverged(at.epoch, 'its end', h.learning_rate);
      at.finish(metrics, () => withoutSlots(training.state));
      if (!(await goOn())) return undefined;
      enough = isEnough();
    }
    // What follows takes a while: a fit that is interrupted there must not have lost what it ended with.
    if (!at.isOver) await checkpointing.keep();

    const best = at.best ?? training.state;
    const seen = spec.learner.scoresAsSeen ? at.seenIn(at.bestEpoch) : undefined;
    const keeper = new OutputsKeeper(data.validation ?? data.training);
    const keeping = { ...judging, onOutputs: (outputs: Outputs) => keeper.add(outputs) };
    const onTraining = seen ?? (await evaluate(data.validation ? judging : keeping, best, data.training));
    const onValidation = data.validation && (await evaluate(keeping, best, data.validation));
    const onTest = data.test && (await evaluate(judging, best, data.test));
    if (!onTraining || (data.validation && !onValidation) || (data.test && !onTest)) return undefined;
    if (!at.best && !Object.values(onTraining).every(Number.isFinite)) {
      throw diverged(at.epoch, 'its end', h.learning_rate);
    }
    const parameters = parametersOf(best);
    if (data.validation || !seen) keeper.keep(parameters);
    return {
      parameters,
      history: at.history,
      bestEpoch: at.bestEpoch,
      monitor: at.monitor,
      training: onTraining,
      ...(onValidation ? { validation: onValidation } : {}),
      ...(onTest ? { test: onTest } : {}),
    };
  } catch (error) {
    const { epoch, step } = course ?? { epoch: 1, step: 0 };
    throw failureOf(error, { epoch, step, stepsPerEpoch, learningRate: h.learning_rate });
  }
}

/** On the processor, rows in any order are fetched by another thread, if there is one. */
function windowsOf({ learner, hyperparameters: h, data, device = 'cpu', thread }: LearnerFit) {
  if (!thread || device !== 'cpu' || learner.batches || learner.epochRows) return undefined;
  const of = { batchSize: batchSizeOf(h, data), seed: h.seed, lastEpoch: h.epochs };
  return RowWindows.for(thread, data.training, of);
}

const batchSizeOf = (h: LoopHyperparameters, { training }: EncodedData): number =>
  Math.min(h.batch_size, rowsOf(training));

/** The initial state is held by the training alone, which goes on to others. */
function openTraining(
  { runner, initial, batchSize }: ReturnType<typeof planOf>,
  data: Tensors,
  memoryBytes: number | undefined,
): Promise<RunningTraining> {
  const state = initial();
  const { stepBytes } = runner;
  if (memoryBytes !== undefined && stepBytes !== undefined)
    expectMemory({ state, data, stepBytes, batchSize }, memoryBytes);
  return runner.openTraining(data, state);
}

/** Resumes a training from the last checkpoint, or from the start if that cannot be used, and reports which. */
function resume(
  training: RunningTraining,
  { identity, stepsPerEpoch }: Pick<ReturnType<typeof planOf>, 'identity' | 'stepsPerEpoch'>,
  { last, onResume = () => undefined }: Partial<Checkpoints> = {},
): Checkpoint | undefined {
  if (!last) return undefined;
  try {
    const checkpoint = readCheckpoint(last, identity, stepsPerEpoch);
    training.state = checkpoint.state;
    onResume({ epoch: checkpoint.at.epoch, step: checkpoint.at.step, steps: stepsTaken(checkpoint.state) });
    return checkpoint;
  } catch (error) {
    if (!(error instanceof CheckpointRefused || error instanceof ShapeError)) throw error;
    onResume({ refused: error.message });
    return undefined;
  }
}

/** The part of a state that an evaluation needs. */
const withoutSlots = (state: State): State =>
  Object.fromEntries(Object.entries(state).filter(([key]) => key.startsWith(parameterKey(''))));
