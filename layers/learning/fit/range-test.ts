/**
 * Finds a learning rate by a range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks", 3.3): the
 * rate rises from step to step, and the loss falls until the rate is too high.
 */
import { pow } from '#engine/ops/elementwise.ts';
import type { Schedule } from '#engine/optim/optimizer.ts';
import type { Device } from '#engine/run.ts';
import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { type Batch, Training } from '#engine/training/training.ts';
import { type CommonHyperparameters, optimizerOf } from '#zoo/hyperparameters.ts';
import type { Learner } from './fit.ts';
import { type EncodedRows, rowsOf, trainingRows } from './rows.ts';

const STEPS = 100;
const RATES = { least: 1e-6, most: 1 };
const RATIO = (RATES.most / RATES.least) ** (1 / (STEPS - 1));
/** How much of the mean loss stays from step to step. */
const MEMORY = 0.9;
/** So much more than the least loss ends the test. */
const TOO_HIGH = 4;

export async function findLearningRate(
  learner: Learner,
  h: CommonHyperparameters,
  training: EncodedRows,
  device?: Device,
): Promise<number> {
  const batchSize = Math.min(h.batch_size, rowsOf(training));
  const schedule: Schedule = (b, step) => pow(b, b.scalar('float64', RATIO), step);
  const optimizer = optimizerOf(h, RATES.least / RATIO);
  const program = compileTrain({ ...learner.objective, optimizer, batchSize, seed: h.seed, schedule });
  const rows = trainingRows(training, batchSize);
  const initial = initialState({ network: learner.network, optimizer }, h.seed, learner.initial);
  await using tried = await Training.open(program, rows.first, initial, device ? { device } : {});
  const losses: number[] = [];
  for (let epoch = 1; losses.length < STEPS; epoch++) {
    for await (const { data, batches } of rows.epoch({ seed: h.seed, epoch, from: 0 })) {
      tried.data = data;
      const some: readonly Batch[] = batches.slice(0, STEPS - losses.length);
      const { loss, weight } = await tried.run(some);
      losses.push(...Array.from(loss, (value, i) => value / weight[i]!));
      if (losses.length >= STEPS) break;
    }
  }
  return rateOfLosses(losses);
}

/** A tenth of the rate at which the mean loss was the least: there it still falls. Two digits, which is what it is worth. */
export function rateOfLosses(losses: readonly number[]): number {
  let [mean, share, least, best] = [0, 1, Number.POSITIVE_INFINITY, 0];
  for (const [step, loss] of losses.entries()) {
    if (!Number.isFinite(loss)) break;
    mean = MEMORY * mean + (1 - MEMORY) * loss;
    share *= MEMORY;
    const smooth = mean / (1 - share);
    if (smooth > TOO_HIGH * least) break;
    if (smooth < least) [least, best] = [smooth, step];
  }
  return Number(((RATES.least * RATIO ** best) / 10).toPrecision(2));
}
