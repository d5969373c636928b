/** How classes are answered, chosen on rows that were not learned from: a temperature, and a threshold of two classes. */
import { softmaxInto } from '../metrics/probabilities.ts';
import type { Sample } from '../metrics/sample.ts';

export interface Calibration {
  /** By which logits are divided before they become probabilities: above 1, the network was too sure of itself. */
  readonly temperature?: number;
  /** The probability of the second of two classes from which on it is the answer. Default: the more probable class is. */
  readonly threshold?: number;
  /** Of labels, of which a row may have several: the probability of each from which on it is answered. */
  readonly thresholds?: readonly number[];
}

export type ThresholdRule = 'f1' | 'balanced_accuracy';

/** Of fewer rows, neither says much. */
export const LEAST_ROWS = 20;

/** The temperature lies between one over this and this. */
const MOST = 20;
const HALVINGS = 40;

/**
 * How strongly the temperature is held at 1: as by a normal prior of its logarithm with a variance of one over this. A few
 * rows that are all right would make certainty of any probability, and certainty is dear where it errs. Chosen on tables:
 * see docs/training-options.md.
 */
const PRIOR = 10;

/**
 * The temperature with the least log loss (Guo et al. 2017, "On Calibration of Modern Neural Networks", 4.2), added up over
 * the rows, and the prior.
 * @param logits rows of logits with their classes
 */
export function temperatureOf(logits: Pick<Sample, 'width' | 'truths' | 'values'>): number {
  const { width, truths, values } = logits;
  const probabilities = new Float64Array(width);
  /** The slope by ln β, where β is 1 / temperature. That of the loss is β times the mean logit expected, less that of the truth. */
  const slope = (logBeta: number): number => {
    const beta = Math.exp(logBeta);
    let sum = 0;
    for (let row = 0; row < truths.length; row++) {
      softmaxInto(probabilities, values, row * width, 1 / beta);
      for (let c = 0; c < width; c++) sum += (probabilities[c]! - Number(c === truths[row])) * values[row * width + c]!;
    }
    return beta * sum + PRIOR * logBeta;
  };
  let [low, high] = [-Math.log(MOST), Math.log(MOST)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) high = middle;
    else low = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/**
 * The threshold that is best by the rule: F1 of the second class, or the mean recall of both. It lies halfway between two
 * probabilities that occur. Of equally good ones, the one nearest to one half.
 * @param probabilities of the second class
 */
export function thresholdOf(truths: ArrayLike<number>, probabilities: Float64Array, rule: ThresholdRule): number {
  const order = Uint32Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  const positives = Array.from(truths).filter((truth) => truth === 1).length;
  const negatives = truths.length - positives;
  let [hits, alarms, best, found] = [0, 0, Number.NEGATIVE_INFINITY, 0.5];
  for (const [place, row] of order.entries()) {
    if (truths[row] === 1) hits++;
    else alarms++;
    const here = probabilities[row]!;
    const next = place + 1 < order.length ? probabilities[order[place + 1]!]! : 0;
    if (here === next) continue;
    const score = {
      f1: (2 * hits) / (hits + alarms + positives),
      balanced_accuracy: hits / Math.max(1, positives) - alarms / Math.max(1, negatives),
    }[rule];
    const at = (here + next) / 2;
    if (score < best || (score === best && Math.abs(at - 0.5) >= Math.abs(found - 0.5))) continue;
    [best, found] = [score, at];
  }
  return found;
}

/** The class that is answered. */
export function answered(probabilities: Float64Array, { threshold }: Calibration): number {
  if (threshold !== undefined) return Number(probabilities[1]! >= threshold);
  let best = 0;
  for (let c = 1; c < probabilities.length; c++) if (probabilities[c]! > probabilities[best]!) best = c;
  return best;
}
