/** Runs an exported model once before it is published: what it answers must be what the trained network answers. */
import { openSession } from '#engine/run.ts';
import { expectTensor, type Tensors, toNumbers } from '#engine/tensor.ts';
import { constantParameters } from '#engine/training/network.ts';
import { type Objective, outputsOf } from '#engine/training/objective.ts';
import { compileInference } from '#engine/training/step.ts';
import { type } from '#engine/type.ts';
import { TrainingFailure } from '../failure.ts';
import { softmaxRows } from '../fit/outputs.ts';
import type { Answers } from '../fit/task.ts';
import { sigmoid } from '../metrics/multilabel.ts';

/** The same rows as an exported model takes them, and as the network's data. */
export interface Probe {
  readonly raw: Tensors;
  readonly encoded: Tensors;
}

export interface Verified {
  readonly answers: Answers;
  readonly objective: Objective;
  readonly parameters: Tensors;
  readonly onnx: Uint8Array;
  readonly rows: Probe;
}

/** Of a probability, or of a value in deviations of the target. */
const TOLERANCE = 1e-5;

/** By how many units in the last place two sums of numbers of a size may differ that were computed in another order. */
const ROUNDINGS = 8;

/** In deviations: where numbers differ little beside their size, what a double can say of them is coarser than the tolerance. */
const roundingOf = ({ task, scale }: Answers): number =>
  task === 'regression' ? (ROUNDINGS * Number.EPSILON * Math.abs(scale.mean)) / scale.deviation : 0;

/** @throws TrainingFailure naming the row and both answers */
export async function expectSameAnswers({ answers, objective, parameters, onnx, rows }: Verified): Promise<void> {
  const expected = await networkAnswers(answers, objective, parameters, rows.encoded);
  await using session = await openSession(onnx, { threads: 1 });
  const results = await session.run(rows.raw);
  const [wanted, got] = compared[answers.task](answers, expected, results);
  const rounding = roundingOf(answers);
  for (const [i, value] of Array.from(wanted).entries()) {
    if (Math.abs(got[i]! - value) <= TOLERANCE * Math.max(1, Math.abs(value)) + rounding) continue;
    const width = wanted.length / Math.max(1, rowsIn(rows.encoded));
    throw new TrainingFailure(
      `The exported model must answer as the network does; for row ${Math.floor(i / width)} of a trial it gave ${got[i]} instead of ${value}`,
    );
  }
}

type Compared = (answers: Answers, outputs: Float32Array, results: Tensors) => [ArrayLike<number>, readonly number[]];

const probabilitiesIn = ({ probabilities }: Tensors): number[] =>
  toNumbers(expectTensor('probabilities', probabilities, 'float32'));

/** What the network answers, and what the exported model does. */
const compared: Readonly<Record<Answers['task'], Compared>> = {
  classification: ({ classes, calibration }, outputs, results) => [
    softmaxRows(outputs, classes.length, calibration?.temperature),
    probabilitiesIn(results),
  ],
  regression: ({ scale: { mean, deviation } }, outputs, { value }) => [
    outputs,
    toNumbers(expectTensor('value', value, 'float64')).map((one) => (one - mean) / deviation),
  ],
  multilabel: (_, outputs, results) => [outputs.map(sigmoid), probabilitiesIn(results)],
};

/** The outputs that are answers: a family may have more. */
async function networkAnswers(
  { classes }: Answers,
  objective: Objective,
  parameters: Tensors,
  encoded: Tensors,
): Promise<Float32Array> {
  const inputs = Object.fromEntries(
    Object.entries(encoded).map(([name, { dtype, shape }]) => [
      name,
      objective.data[name] ?? type(dtype, ['rows', ...shape.slice(1)]),
    ]),
  );
  const bytes = compileInference({
    inputs,
    build: (b, values) => ({
      outputs: outputsOf(b, objective, constantParameters(b, parameters), values, { training: false }),
    }),
    meta: { producer: 'trainyard' },
  });
  await using session = await openSession(bytes, { threads: 1 });
  const { outputs } = await session.run(encoded);
  const { data, shape } = expectTensor('outputs', outputs, 'float32');
  const [width, wanted] = [shape[1]!, Math.max(1, classes.length)];
  return data.filter((_, i) => i % width < wanted);
}

const rowsIn = (encoded: Tensors): number => Object.values(encoded)[0]?.shape[0] ?? 0;
