/** What is asked of a model, and what it answers, whatever the kind of data. */
import type { Variant } from './description.ts';
import type { Explanation as Contributed } from './explain.ts';
import type { Input } from './input.ts';
import type { Basis } from './typical.ts';

/** For a classification, the most probable class. For a regression, a number in the target's unit. For labels, those that the row has. */
export type Prediction = ClassPrediction | ValuePrediction | LabelsPrediction;

export interface Explanation extends Contributed {
  /** What the row is compared with. */
  readonly basis: Basis;
}

export interface ValuePrediction {
  readonly value: number;
  readonly explanation?: Explanation;
  /** Where the truth is as often as was asked for, in the target's unit. */
  readonly interval?: [low: number, high: number];
}

/** Any number of labels, the most probable first. */
export interface LabelsPrediction {
  readonly labels: { readonly label: string; readonly confidence: number }[];
  /** Of each label, also of those that are not answered, where they were asked for. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly explanation?: Explanation;
}

export interface ClassPrediction {
  readonly class: string;
  readonly confidence: number;
  /** Of each class, in the order of the model's classes, where they were asked for. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly explanation?: Explanation;
}

export interface PredictionOptions {
  /** Of all classes; a regression has none. Default: false. */
  readonly probabilities?: boolean;
  /** How much each part of a row contributes to the class's probability, or to the value. Default: false. */
  readonly explain?: boolean;
  /** With `explain`: the row to compare with. Default: a typical one of the training data. */
  readonly reference?: Input | undefined;
  /** How often the truth is to lie within the interval of a regression. Default: no interval. */
  readonly interval?: number;
  /** Which of its files predicts. Default: `float32`. */
  readonly variant?: Variant;
}
