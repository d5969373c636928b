/** The fit loop: epochs of chunks, each of them one run of many steps, which can be left and taken up again anywhere. */
import type { Device } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import { stepsTaken } from '#engine/training/divergence.ts';
import { TrainingLoop } from '#engine/training/loop.ts';
import { initialState, parameterKey, parametersOf, type State } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import { ShapeError } from '#engine/type.ts';
import type { Family } from '#zoo/family.ts';
import { type CommonHyperparameters, optimizerOf } from '#zoo/hyperparameters.ts';
import { type Checkpoint, CheckpointRefused, identityOf, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Course } from './course.ts';
import type { StoppingRule } from './early-stopping.ts';
import { type EvaluateOptions, evaluate, type Scores } from './evaluate.ts';
import { diverged, failureOf } from './failures.ts';
import { judgeEpoch } from './judge.ts';
import { type Checkpoints, Keeper } from './keeper.ts';
import { rowsOf, trainingRows } from './rows.ts';
import { type EncodedData, objectiveOf, type Preparation, shapeOf } from './task.ts';

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
  /** Milliseconds from any beginning, to keep chunks short and checkpoints rare; results do not depend on it. */
  readonly now: () => number;
  /** Called about once a second, between chunks; false ends the fit with nothing kept. */
  readonly report: (progress: Progress) => Promise<boolean>;
  /** Default: the processor. */
  readonly device?: Device;
  /** Where a fit that is interrupted leaves what it has, and the next one of the same spec finds it. */
  readonly checkpoints?: Checkpoints;
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

/** Of a piece of an evaluation: a fraction of a second. */
const PIECE_FLOPS = 5e8;
const PIECE_ROWS = { least: 64, most: 65_536 };
/** Below so many operations a step, a second thread costs more than it does. */
const THREADED_FLOPS = 3e7;

/** What is compiled for a fit, and how it is run. */
function planOf({ family, hyperparameters: h, preparation, data, earlyStopping, checkpoints, device }: FitSpec) {
  const shape = shapeOf(preparation);
  const network = family.network(shape, h);
  const objective = objectiveOf(preparation, network);
  const optimizer = optimizerOf(h);
  const rows = rowsOf(data.training);
  const batchSize = Math.min(h.batch_size, rows);
  const program = compileTrain({ ...objective, optimizer, batchSize, seed: h.seed });
  const flops = family.flopsPerRow(shape, h);
  const threads = 3 * batchSize * flops < THREADED_FLOPS ? { threads: 1 } : {};
  return {
    program,
    evaluation: compileEvaluate(objective),
    initial: initialState({ network, optimizer }, h.seed),
    batchSize,
    stepsPerEpoch: Math.ceil(rows / batchSize),
    pieceRows: pieceRows(flops),
    session: { ...threads, ...(device ? { device } : {}) },
    identity: identityOf({
      family: family.name,
      hyperparameters: h,
      earlyStopping,
      data: checkpoints?.data ?? '',
      program,
    }),
  };
}

/**
 * Fits a network. The same spec gives the same result, bit for bit, on the same machine, also if it is interrupted and
 * goes on from a checkpoint. `undefined`: `report` ended it, or the signal of `checkpoints` did.
 * @throws TrainingFailure, naming epoch and step, if the loss is no finite number, or if there is too little memory
 */
export async function fitNetwork(spec: FitSpec): Promise<Fit | undefined> {
  const { hyperparameters: h, preparation, data, now, checkpoints } = spec;
  const plan = planOf(spec);
  const { stepsPerEpoch } = plan;
  let course: Course | undefined;
  try {
    const rows = trainingRows(data.training, plan.batchSize);
    await using training = await Training.open(plan.program, rows.first, plan.initial, plan.session);
    await using evaluator = await Evaluator.open(plan.evaluation, plan.session);
    const checkpoint = resume(training, plan, checkpoints);
    const validated = data.validation !== undefined;
    const at = new Course({ epochs: h.epochs, stepsPerEpoch, rule: spec.earlyStopping, validated }, checkpoint);
    course = at;

    const keeper = new Keeper(checkpoints, now, () =>
      writeCheckpoint(plan.identity, { at: at.position, state: training.state, ...(at.best && { best: at.best }) }),
    );
    const goOn = async (): Promise<boolean> =>
      (await spec.report({ epoch: at.epoch - 1, fraction: at.fraction, metrics: at.metrics })) && keeper.pass();
    const judging: EvaluateOptions = { evaluator, preparation, pieceRows: plan.pieceRows, goOn };
    const loop = new TrainingLoop(training, { now });

    while (!at.isOver) {
      for await (const { data, batches } of rows.epoch({ seed: h.seed, epoch: at.epoch, from: at.step })) {
        training.data = data;
        for await (const { scores } of loop.run(batches)) {
          at.took(scores);
          if (!(await goOn())) return undefined;
        }
      }
      const metrics = await judgeEpoch(judging, training.state, data, at.totals);
      if (!metrics) return undefined;
      if (!Object.values(metrics).every(Number.isFinite)) throw diverged(at.epoch, 'its end', h.learning_rate);
      at.finish(metrics, () => withoutSlots(training.state));
      if (!(await goOn())) return undefined;
    }

    const best = at.best ?? training.state;
    const onTraining = await evaluate(judging, best, data.training);
    const onValidation = data.validation && (await evaluate(judging, best, data.validation));
    if (!onTraining || (data.validation && !onValidation)) return undefined;
    return {
      parameters: parametersOf(best),
      history: at.history,
      bestEpoch: at.bestEpoch,
      monitor: at.monitor,
      training: onTraining,
      ...(onValidation ? { validation: onValidation } : {}),
    };
  } catch (error) {
    const { epoch, step } = course ?? { epoch: 1, step: 0 };
    throw failureOf(error, { epoch, step, stepsPerEpoch, learningRate: h.learning_rate });
  }
}

/** Puts a training where the last checkpoint left it, and tells; where that cannot be used, it begins from the start. */
function resume(
  training: Training,
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

/** Of a state what an evaluation needs of it. */
const withoutSlots = (state: State): State =>
  Object.fromEntries(Object.entries(state).filter(([key]) => key.startsWith(parameterKey(''))));

const pieceRows = (flopsPerRow: number): number =>
  Math.max(PIECE_ROWS.least, Math.min(PIECE_ROWS.most, Math.floor(PIECE_FLOPS / Math.max(1, flopsPerRow))));
