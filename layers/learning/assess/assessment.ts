/** What is known of a trained model beside its weights: how good it is, by how much that is more than nothing, how sure. */
import type { Tensors } from '#engine/tensor.ts';
import type { Scores } from '../fit/evaluate.ts';
import type { Answers, EncodedData } from '../fit/task.ts';
import type { ClassScores } from '../metrics/classification.ts';
import type { LabelScore } from '../metrics/multilabel.ts';
import type { Bin } from '../metrics/reliability.ts';
import type { RowThread } from '../row-thread.ts';
import type { Calibration, ThresholdRule } from './calibration.ts';
import type { CrossValidation } from './cross-validation.ts';
import type { Int8Scores } from './int8-scores.ts';
import type { Interval } from './intervals.ts';
import type { Fitted } from './outputs.ts';

export interface AssessSpec extends Fitted {
  readonly preparation: Answers;
  readonly data: EncodedData;
  readonly calibrate: boolean;
  /** Default: the more probable class is the answer. */
  readonly threshold?: ThresholdRule;
  /** What may score rows while this one does something else. Default: nothing. */
  readonly thread?: RowThread | undefined;
  /** Of a forecast, what the target of each row was last. */
  readonly lastValues?: (rows: Tensors) => Float64Array;
}

export interface Naive {
  /**
   * `most_frequent`: the class that most training rows have, with their shares as probabilities. `mean`: of their targets.
   * `last_value`: of a forecast, the target of the window's last row, where that is better than the mean.
   */
  readonly strategy: 'most_frequent' | 'mean' | 'last_value';
  /** What it always answers; null for the last value. */
  readonly answer: string | number | null;
  readonly metrics: Scores;
  /** Of a row, in log loss of a classification or in squared error of a regression; and its standard error. */
  readonly gain: number;
  readonly standard_error: number;
  /** Whether the gain is more than two standard errors. */
  readonly is_better: boolean;
}

export interface Assessment {
  /** By which rows. */
  readonly rows: { readonly of: 'validation' | 'training'; readonly count: number };
  /** As the model answers, calibrated where it is. */
  readonly metrics: Scores;
  readonly naive: Naive;
  /** The rows from which ROC AUC, temperature, threshold and intervals were computed, where those are a sample. */
  readonly sampled?: number;
  readonly classification?: {
    readonly classes: readonly string[];
    /** [truth][answer]. Absent for many classes. */
    readonly confusion_matrix?: readonly (readonly number[])[];
    readonly per_class: readonly Omit<ClassScores, 'hits'>[];
    /** Of the most probable class, for a reliability diagram. */
    readonly reliability: readonly Bin[];
    /** Absent where there was too little to calibrate by. */
    readonly calibration?: Calibration;
    /** Log loss and calibration error before the temperature. */
    readonly uncalibrated?: Scores;
  };
  readonly multilabel?: {
    readonly labels: readonly string[];
    readonly calibration: Pick<Calibration, 'thresholds'>;
    readonly per_label: readonly LabelScore[];
    /** Whether a row has a label is an answer of its own, yes from a probability of a half on. */
    readonly reliability: readonly Bin[];
    readonly expected_calibration_error: number;
  };
  readonly regression?: { readonly intervals: readonly Interval[] };
  /** Of the parts of a cross-validation, if there was one. */
  readonly cross_validation?: CrossValidation;
  /** What weights of 8 bits cost, if there is such a version. */
  readonly int8?: Int8Scores;
  /** What the owner ought to know. */
  readonly warnings: readonly string[];
}

const ANSWERS: Readonly<Record<Naive['strategy'], string>> = {
  most_frequent: 'the most frequent class',
  mean: 'the mean of the target',
  last_value: 'the last value of the target',
};

/** What is wrong with a model that is hardly better than the naive one. */
export function naiveWarnings({ strategy, gain, is_better }: Naive, count: number): string[] {
  if (is_better) return [];
  const naive = ANSWERS[strategy];
  return [
    gain <= 0
      ? `The model is no better than always answering ${naive}`
      : `The model is not clearly better than always answering ${naive}: on ${count} rows, the difference may be chance`,
  ];
}
