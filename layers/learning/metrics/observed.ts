/** What a fitted network answers on the rows by which it is judged, for pictures and for `metrics.json`. */
import { expectTensor, type Tensor } from '#engine/tensor.ts';
import { type Fitted, outputsOver } from '../assess/outputs.ts';
import type { Outputs } from '../fit/kept-outputs.ts';
import { type EncodedRows, rowsOf } from '../fit/rows.ts';
import type { Answers } from '../fit/task.ts';
import { answersOf } from './answers.ts';
import { sigmoid } from './multilabel.ts';

/** Answers whose confidence lies in one tenth of 0 to 1. */
export interface CalibrationBin {
  readonly rows: number;
  /** Means over the rows; 0 without any. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface ObservedClasses {
  readonly task: 'classification';
  /** By true class, then by predicted class. Absent with more than `MOST_CLASSES` classes. */
  readonly confusion?: readonly (readonly number[])[];
  readonly calibration: readonly CalibrationBin[];
  /** The mean distance of confidence and accuracy, weighted by the rows of each bin. */
  readonly calibrationError: number;
}

export interface ObservedValues {
  readonly task: 'regression';
  /** Actual and predicted values in the target's unit, of at most `MOST_PAIRS` rows, evenly spread over all. */
  readonly pairs: readonly (readonly [actual: number, predicted: number])[];
}

export interface ObservedLabels extends Pick<ObservedClasses, 'calibration' | 'calibrationError'> {
  readonly task: 'multilabel';
}

export type Observed = ObservedClasses | ObservedValues | ObservedLabels;

/** A matrix of more would be no picture, and no small file. */
export const MOST_CLASSES = 100;
export const MOST_PAIRS = 2000;
const BINS = 10;

export async function observe(
  answers: Answers,
  { data, ...of }: Pick<Fitted, 'learner' | 'parameters'> & { readonly data: EncodedRows },
): Promise<Observed> {
  const observer = observers[answers.task](answers, rowsOf(data));
  for await (const { values, width, piece } of outputsOver(of, data))
    observer.take({ outputs: values, width, truths: piece.y! });
  return observer.observed();
}

interface OutputPiece {
  /** [rows, width], row-major. */
  readonly outputs: Outputs['values'];
  readonly width: number;
  readonly truths: Tensor;
}

interface Observer {
  take(piece: OutputPiece): void;
  observed(): Observed;
}

/** Answers by their confidence. */
class Bins {
  readonly #bins = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));
  #total = 0;

  add(confidence: number, isRight: boolean): void {
    const bin = this.#bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.rows += 1;
    bin.confidence += confidence;
    bin.right += Number(isRight);
    this.#total += 1;
  }

  get observed(): Pick<ObservedClasses, 'calibration' | 'calibrationError'> {
    const gaps = this.#bins.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0);
    return {
      calibration: this.#bins.map(({ rows, confidence, right }) => ({
        rows,
        confidence: rows === 0 ? 0 : confidence / rows,
        accuracy: rows === 0 ? 0 : right / rows,
      })),
      calibrationError: gaps / this.#total,
    };
  }
}

function classesObserver({ classes, calibration = {} }: Answers): Observer {
  const counted = classes.length <= MOST_CLASSES ? classes.map(() => classes.map(() => 0)) : undefined;
  const bins = new Bins();
  return {
    take({ outputs, width, truths }) {
      const { data } = expectTensor('y', truths, 'int32');
      const { answers, confidences } = answersOf(outputs, width, classes.length, calibration);
      for (let row = 0; row < data.length; row++) {
        const [truth, predicted] = [data[row]!, answers[row]!];
        bins.add(confidences[row]!, predicted === truth);
        if (counted) counted[truth]![predicted]! += 1;
      }
    },
    observed: () => ({
      task: 'classification',
      ...(counted ? { confusion: counted } : {}),
      ...bins.observed,
    }),
  };
}

/** Whether a row has a label is an answer of its own, whose confidence is the probability of it. */
function labelsObserver({ classes: { length: labels } }: Answers): Observer {
  const bins = new Bins();
  return {
    take({ outputs, width, truths }) {
      for (const [i, has] of actuals(truths).entries()) {
        const probability = sigmoid(outputs[Math.floor(i / labels) * width + (i % labels)]!);
        bins.add(Math.max(probability, 1 - probability), probability >= 0.5 === has > 0);
      }
    },
    observed: () => ({ task: 'multilabel', ...bins.observed }),
  };
}

function valuesObserver({ scale: { mean, deviation } }: Answers, rows: number): Observer {
  const every = Math.max(1, Math.ceil(rows / MOST_PAIRS));
  const pairs: [number, number][] = [];
  let at = 0;
  const inUnit = (value: number) => value * deviation + mean;
  return {
    take({ outputs, width, truths }) {
      const data = actuals(truths);
      for (let row = 0; row < data.length; row++, at++) {
        if (at % every === 0) pairs.push([inUnit(data[row]!), inUnit(outputs[row * width]!)]);
      }
    },
    observed: () => ({ task: 'regression', pairs }),
  };
}

const actuals = (truths: Tensor): Float32Array => expectTensor('y', truths, 'float32').data;

const observers: Readonly<Record<Answers['task'], (answers: Answers, rows: number) => Observer>> = {
  classification: classesObserver,
  regression: valuesObserver,
  multilabel: labelsObserver,
};
