/** Evaluates a network on rows, one piece at a time. */
import { expectTensor, type Tensor } from '#engine/tensor.ts';
import type { State } from '#engine/training/state.ts';
import type { Evaluator } from '#engine/training/training.ts';
import { answered } from '../assess/calibration.ts';
import { Confusion } from '../metrics/classification.ts';
import { LabelScores, sigmoid } from '../metrics/multilabel.ts';
import { softmaxInto } from '../metrics/probabilities.ts';
import { isOfProbabilities, Probabilities } from '../metrics/probability-judge.ts';
import { Errors } from '../metrics/regression.ts';
import type { Outputs } from './kept-outputs.ts';
import { type EncodedRows, piecesOf, rowsOf } from './rows.ts';
import type { Answers } from './task.ts';

export type Scores = Readonly<Record<string, number>>;

/** Takes the outputs for some rows at a time, and computes the scores over all of them. */
interface Judge {
  take(outputs: Float32Array, truths: Tensor): void;
  scores(): Scores;
}

/** @param rows how many there will be */
type MakeJudge = (of: Answers, more: readonly string[], rows: number) => Judge;

const judges: Readonly<Record<Answers['task'], MakeJudge>> = {
  classification: ({ classes, calibration = {} }, more, rows) => {
    const confusion = new Confusion(classes.length);
    const probabilities = new Float64Array(classes.length);
    const likely = more.some(isOfProbabilities)
      ? new Probabilities(classes.length, rows, calibration.temperature)
      : undefined;
    // Probabilities are rounded: without a threshold, logits tell which is the greatest.
    const answerOf = (outputs: Float32Array, from: number): number => {
      if (calibration.threshold === undefined) return largest(outputs, from, classes.length);
      softmaxInto(probabilities, outputs, from, calibration.temperature);
      return answered(probabilities, calibration);
    };
    return {
      take(outputs, truths) {
        const { data } = expectTensor('y', truths, 'int32');
        const width = outputs.length / data.length;
        for (let row = 0; row < data.length; row++) {
          confusion.add(data[row]!, answerOf(outputs, row * width));
          likely?.add(data[row]!, outputs, row * width);
        }
      },
      scores: () => ({ ...confusion.scores(), ...likely?.scores() }),
    };
  },
  regression: ({ scale: { mean, deviation } }) => {
    const errors = new Errors();
    return {
      take(outputs, truths) {
        const { data } = expectTensor('y', truths, 'float32');
        const width = outputs.length / data.length;
        for (let row = 0; row < data.length; row++) {
          errors.add(data[row]! * deviation + mean, outputs[row * width]! * deviation + mean);
        }
      },
      scores: () => errors.scores(),
    };
  },
  multilabel: ({ classes, calibration: { thresholds } = {} }) => {
    const labels = new LabelScores(classes.length);
    const answers = (output: number, label: number): boolean =>
      thresholds === undefined ? output > 0 : sigmoid(output) >= thresholds[label]!;
    return {
      take(outputs, truths) {
        const { data, shape } = expectTensor('y', truths, 'float32');
        const rows = shape[0]!;
        const width = outputs.length / Math.max(1, rows);
        for (let row = 0; row < rows; row++) {
          labels.add(
            (label) => data[row * classes.length + label]! > 0,
            (label) => answers(outputs[row * width + label]!, label),
          );
        }
      },
      scores: () => labels.scores(),
    };
  },
};

export interface EvaluateOptions {
  readonly evaluator: Pick<Evaluator, 'run'>;
  readonly preparation: Answers;
  /** Validation scores that a history has besides those of every task. */
  readonly more?: readonly string[];
  /** Rows per piece. A fixed number, not one chosen by the clock, because the sums depend on where rows are split. */
  readonly pieceRows: number;
  /** Called after each piece; false ends the evaluation. */
  readonly goOn: () => Promise<boolean>;
  /** Takes the outputs for each piece. */
  readonly onOutputs?: (outputs: Outputs) => void;
}

/**
 * The mean loss over the rows, and the task's scores, by the thresholds of the calibration if there is one. `undefined` if `goOn` ended the evaluation.
 * @param limit the most rows to evaluate, from the first
 */
export async function evaluate(
  { evaluator, preparation, pieceRows, goOn, more = [], onOutputs }: EvaluateOptions,
  state: State,
  data: EncodedRows,
  limit = rowsOf(data),
): Promise<Scores | undefined> {
  const rows = Math.min(limit, rowsOf(data));
  const judge = judges[preparation.task](preparation, more, rows);
  let [loss, weight] = [0, 0];
  for await (const piece of piecesOf(data, pieceRows, rows)) {
    const result = await evaluator.run(state, piece);
    loss += result.loss;
    weight += result.weight;
    const { data: values, shape } = expectTensor('outputs', result.outputs, 'float32');
    judge.take(values, piece.y!);
    const truths = piece.y!.data as Int32Array | Float32Array;
    onOutputs?.({ values, width: values.length / Math.max(1, shape[0]!), truths, piece });
    if (!(await goOn())) return undefined;
  }
  return { loss: loss / weight, ...judge.scores() };
}

/** Which of so many values from one on is the largest. */
function largest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}
