import { sorted } from './sort.ts';

/**
 * The area under the ROC curve: how often a row of the class has a higher score than another row, where equal scores
 * count half. As `roc_auc_score` of scikit-learn; `undefined` where that is not defined, for want of one or the other.
 */
export function rocAuc(positives: Float64Array, negatives: Float64Array): number | undefined {
  if (positives.length === 0 || negatives.length === 0) return undefined;
  const [high, low] = [sorted(positives), sorted(negatives)];
  let [below, equal, wins] = [0, 0, 0];
  for (const score of high) {
    while (below < low.length && low[below]! < score) below++;
    equal = Math.max(equal, below);
    while (equal < low.length && low[equal] === score) equal++;
    wins += below + (equal - below) / 2;
  }
  return wins / high.length / low.length;
}

/**
 * Of each class against the others, averaged evenly (`multi_class='ovr'`). `undefined` unless each class occurs, and
 * another one too.
 * @param probabilities [rows, classes], row-major
 */
export function rocAucOvr(truths: ArrayLike<number>, probabilities: Float64Array, classes: number): number | undefined {
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const area = rocAucOf(truths, probabilities, classes, c);
    if (area === undefined) return undefined;
    sum += area;
  }
  return sum / classes;
}

/** Of one class against the others, by its probability. */
export function rocAucOf(truths: ArrayLike<number>, probabilities: Float64Array, classes: number, c: number) {
  let rows = 0;
  for (let row = 0; row < truths.length; row++) if (truths[row] === c) rows++;
  const [ofClass, others] = [new Float64Array(rows), new Float64Array(truths.length - rows)];
  let [at, other] = [0, 0];
  for (let row = 0; row < truths.length; row++) {
    const score = probabilities[row * classes + c]!;
    if (truths[row] === c) ofClass[at++] = score;
    else others[other++] = score;
  }
  return rocAuc(ofClass, others);
}
