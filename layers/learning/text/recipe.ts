/** How a model of texts is trained: what differs between the kinds of models, from a file of texts to a model's files. */
import type { Tensors } from '#engine/tensor.ts';
import type { Artifacts } from '../artifacts.ts';
import type { Fit, Learner } from '../fit/fit.ts';
import type { RunningEvaluation } from '../fit/runner.ts';
import type { DecisionRule } from './description.ts';
import type { SplitTexts, TextFile } from './prepare.ts';

export interface TextRecipe {
  /** Throws `TrainingFailure` naming the row, if the data cannot be learned from. */
  prepare(bytes: AsyncIterable<Uint8Array>, file: TextFile): Promise<TextPlan>;
}

export interface TextPlan {
  readonly prepared: SplitTexts;
  readonly learner: Learner;
  /** Rows of a step. */
  readonly batchSize: number;
  /** What was decided differently from what was asked for. */
  readonly warnings: readonly string[];
  /** What the model is made of besides the data: a checkpoint of another is not used. */
  readonly basis: string;
  /** All numbers that the model has learned, or could have. */
  readonly parameters: number;
  /** What a model card says of the input. */
  readonly reads: string;
  openEvaluation(): Promise<RunningEvaluation>;
  /** Encoded rows as the inputs of `model.onnx`. */
  feeds(rows: Tensors): Tensors;
  /** The model's files, but for its card and its variant. */
  files(fit: Fit, rule: DecisionRule): Promise<Artifacts['files']>;
}
