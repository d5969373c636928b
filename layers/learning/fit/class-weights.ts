import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import { TrainingFailure } from '../failure.ts';
import { oddClass } from './odd-class.ts';
import { type EncodedRows, piecesOf, rowsOf } from './rows.ts';

type ClassWeight = NonNullable<CommonHyperparameters['class_weight']>;

const PIECE_ROWS = 65_536;

/**
 * How much a row of each class counts, in the order of the classes. As scikit-learn has `balanced`, a class weighs rows /
 * (classes · rows of the class), all of the training rows; one without rows weighs 1.
 * @throws TrainingFailure if a weight is given for what is no class
 */
export async function classWeights(
  given: ClassWeight,
  classes: readonly string[],
  training: EncodedRows,
): Promise<number[]> {
  if (given === 'balanced') {
    const counts = await classCounts(training, classes.length);
    const rows = rowsOf(training);
    return Array.from(counts, (count) => (count === 0 ? 1 : rows / (classes.length * count)));
  }
  const fault = oddClass(given, classes);
  if (fault !== undefined) throw new TrainingFailure(`class_weight ${fault}`);
  return classes.map((name) => given[name] ?? 1);
}

/** How many rows each class has. */
export async function classCounts(rows: EncodedRows, classes: number): Promise<Float64Array> {
  const counts = new Float64Array(classes);
  for await (const { y } of piecesOf(rows, PIECE_ROWS, rowsOf(rows))) {
    const truths = y!.data as Int32Array;
    for (let row = 0; row < truths.length; row++) counts[truths[row]!]!++;
  }
  return counts;
}

/** Which share of the rows has each label. */
export async function labelShares(rows: EncodedRows, labels: number): Promise<number[]> {
  const counts = new Float64Array(labels);
  for await (const { y } of piecesOf(rows, PIECE_ROWS, rowsOf(rows))) {
    for (const [i, has] of (y!.data as Float32Array).entries()) counts[i % labels]! += has;
  }
  return Array.from(counts, (count) => count / Math.max(1, rowsOf(rows)));
}
