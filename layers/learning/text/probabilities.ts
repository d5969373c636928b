import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { Evaluator } from '#engine/training/training.ts';
import { softmaxRows, stateOf } from '../fit/outputs.ts';
import { type EncodedRows, piecesOf, rowsOf } from '../fit/rows.ts';

const PIECE_ROWS = 256;

/** The probabilities [rows, classes] of a fitted network, and the rows' targets. */
export async function probabilitiesOf(
  evaluator: Pick<Evaluator, 'run'>,
  parameters: Tensors,
  data: EncodedRows,
  pieceRows = PIECE_ROWS,
): Promise<{ readonly probabilities: Float32Array; readonly truths: Int32Array }> {
  const state = stateOf(parameters);
  const truths = new Int32Array(rowsOf(data));
  const all: Float32Array[] = [];
  let done = 0;
  for await (const piece of piecesOf(data, pieceRows, rowsOf(data))) {
    const { outputs } = await evaluator.run(state, piece);
    const targets = expectTensor('y', piece.y, 'int32').data;
    truths.set(targets, done);
    done += targets.length;
    const { data: logits, shape } = expectTensor('outputs', outputs, 'float32');
    all.push(softmaxRows(logits, shape[1]!));
  }
  const probabilities = new Float32Array(all.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of all) {
    probabilities.set(part, at);
    at += part.length;
  }
  return { probabilities, truths };
}
