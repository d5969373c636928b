/** A network judged on rows, a piece at a time. */
import type { State } from '#engine/state.ts';
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Evaluator } from '#engine/training.ts';
import { Confusion } from '../metrics/classification.ts';
import { Errors } from '../metrics/regression.ts';
import { type Preparation, rowsOf } from './task.ts';

export type Scores = Readonly<Record<string, number>>;

/** Takes in the outputs for some rows and gives the scores over all of them. */
interface Judge {
  take(outputs: Float32Array, truths: Tensor): void;
  scores(): Scores;
}

const judges: Readonly<Record<Preparation['task'], (of: Preparation) => Judge>> = {
  classification: ({ classes }) => {
    const confusion = new Confusion(classes.length);
    return {
      take(outputs, truths) {
        const { data } = expectTensor('y', truths, 'int32');
        for (let row = 0; row < data.length; row++) {
          confusion.add(data[row]!, largest(outputs.subarray(row * classes.length, (row + 1) * classes.length)));
        }
      },
      scores: () => confusion.scores(),
    };
  },
  regression: ({ scale: { mean, deviation } }) => {
    const errors = new Errors();
    return {
      take(outputs, truths) {
        const { data } = expectTensor('y', truths, 'float32');
        for (let row = 0; row < data.length; row++) {
          errors.add(data[row]! * deviation + mean, outputs[row]! * deviation + mean);
        }
      },
      scores: () => errors.scores(),
    };
  },
};

export interface EvaluateOptions {
  readonly evaluator: Evaluator;
  readonly preparation: Preparation;
  /** Rows at once. Fixed, and not by the clock: sums depend on where they are cut. */
  readonly pieceRows: number;
  /** Asked after each piece; false ends the evaluation. */
  readonly goOn: () => Promise<boolean>;
}

/**
 * The mean loss over the rows, and the task's scores; `undefined` if it was ended.
 * @param limit look at no more than so many rows, from the first
 */
export async function evaluate(
  { evaluator, preparation, pieceRows, goOn }: EvaluateOptions,
  state: State,
  data: Tensors,
  limit = rowsOf(data),
): Promise<Scores | undefined> {
  const rows = Math.min(limit, rowsOf(data));
  const judge = judges[preparation.task](preparation);
  let loss = 0;
  for (let start = 0; start < rows; ) {
    const end = Math.min(rows, start + pieceRows);
    const piece = rowsBetween(data, start, end);
    const result = await evaluator.run(state, piece);
    loss += result.loss;
    judge.take(expectTensor('outputs', result.outputs, 'float32').data, piece.y!);
    start = end;
    if (!(await goOn())) return undefined;
  }
  return { loss: loss / rows, ...judge.scores() };
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** A view of some rows: nothing is copied. */
function rowsBetween(data: Tensors, start: number, end: number): Tensors {
  return Object.fromEntries(
    Object.entries(data).map(([name, t]) => {
      const width = t.shape.slice(1).reduce((size, dim) => size * dim, 1);
      const shape = [end - start, ...t.shape.slice(1)];
      return t.dtype === 'float32'
        ? [name, tensor('float32', shape, t.data.subarray(start * width, end * width))]
        : [name, tensor('int32', shape, expectTensor(name, t, 'int32').data.subarray(start * width, end * width))];
    }),
  );
}
