import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { Learner } from '../fit/fit.ts';
import { outputPieces, softmaxRows } from '../fit/outputs.ts';
import { type EncodedRows, rowsOf } from '../fit/rows.ts';

/** The probabilities [rows, classes] of a fitted network, and the rows' targets. */
export async function probabilitiesOf(
  { objective }: Pick<Learner, 'objective'>,
  parameters: Tensors,
  data: EncodedRows,
): Promise<{ readonly probabilities: Float32Array; readonly truths: Int32Array }> {
  const truths = new Int32Array(rowsOf(data));
  const all: Float32Array[] = [];
  let done = 0;
  for await (const piece of outputPieces(objective, parameters, data)) {
    const targets = expectTensor('y', piece.truths, 'int32').data;
    truths.set(targets, done);
    done += targets.length;
    all.push(softmaxRows(piece.outputs, piece.width));
  }
  const probabilities = new Float32Array(all.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of all) {
    probabilities.set(part, at);
    at += part.length;
  }
  return { probabilities, truths };
}
