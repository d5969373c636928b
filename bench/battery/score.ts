/** Fits one contender to the training rows of a case, and scores it on the test rows. */
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { sizeOf, type } from '#engine/type.ts';
import { FEATURES, type Target } from '#learning/battery/cells.ts';
import { fitLearner } from '#learning/fit/fit.ts';
import { Moments } from '#learning/profile/moments.ts';
import { optimizerOf } from '#zoo/hyperparameters.ts';
import type { Row, Split } from './cases.ts';
import type { Contender } from './contenders.ts';

export interface Run {
  readonly contender: Contender;
  readonly split: Split;
  readonly target: Target;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
}

interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

function scaleOf(values: readonly number[]): Scale {
  const moments = new Moments();
  for (const value of values) moments.add(value);
  return moments.scale;
}

/** RMSPE of the state of health, or RMSE of the remaining life in cycles. */
export async function score({ contender, split, target, batch, epochs, seed }: Run): Promise<number> {
  const { network, loss, input, flops, name } = contender;
  const scales = FEATURES.map((feature) => scaleOf(split.training.map(({ cell, at }) => cell.cycles[at]![feature])));
  const scale = scaleOf(split.training.map(({ cell, at }) => cell.cycles[at]![target]));
  const encode = (rows: readonly Row[]) => encoded(rows, { input, target, scales, scale });
  const hyperparameters = { learning_rate: 0.001, batch_size: batch, epochs, seed };
  const common = { ...hyperparameters, optimizer: 'adam', weight_decay: 0, momentum: 0 } as const;
  const y = type('float32', ['rows', 1]);
  const objective = { data: { x: type('float32', ['rows', ...input]), y }, target: 'y', network, loss };
  const fit = await fitLearner({
    learner: { name, network, objective, optimizer: optimizerOf(common), flopsPerRow: flops },
    hyperparameters,
    preparation: { task: 'regression', classes: [], scale },
    data: { training: encode(split.training) },
    earlyStopping: { enabled: false, patience: 1, monitor: 'loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  await using evaluator = await Evaluator.open(compileEvaluate(objective));
  const state = Object.entries(fit!.parameters).map(([key, value]) => [parameterKey(key), value]);
  const { outputs } = await evaluator.run(Object.fromEntries(state), encode(split.test));
  const answers = expectTensor('outputs', outputs, 'float32').data;
  const errors = split.test.map(({ cell, at }, i) => {
    const error = answers[i]! * scale.deviation + scale.mean - cell.cycles[at]![target];
    return target === 'capacity_loss' ? error / (1 - cell.cycles[at]!.capacity_loss) : error;
  });
  return Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
}

interface Encoding {
  readonly input: readonly number[];
  readonly target: Target;
  readonly scales: readonly Scale[];
  readonly scale: Scale;
}

function encoded(rows: readonly Row[], { input, target, scales, scale }: Encoding): Tensors {
  const steps = input.length === 2 ? input[0]! : 1;
  const x = new Float32Array(rows.length * sizeOf(input));
  let place = 0;
  for (const { cell, at } of rows) {
    for (const cycle of cell.cycles.slice(at - steps + 1, at + 1)) {
      for (const [i, feature] of FEATURES.entries())
        x[place++] = (cycle[feature] - scales[i]!.mean) / scales[i]!.deviation;
    }
  }
  const y = Float32Array.from(rows, ({ cell, at }) => (cell.cycles[at]![target] - scale.mean) / scale.deviation);
  return { x: tensor('float32', [rows.length, ...input], x), y: tensor('float32', [rows.length, 1], y) };
}
