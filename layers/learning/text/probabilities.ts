import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import type { Evaluator } from '#engine/training/training.ts';
import { type EncodedRows, piecesOf, rowsOf } from '../fit/rows.ts';

const PIECE_ROWS = 256;

/** The probabilities [rows, classes] of a fitted network, and the rows' targets. */
export async function probabilitiesOf(
  evaluator: Pick<Evaluator, 'run'>,
  parameters: Tensors,
  data: EncodedRows,
  pieceRows = PIECE_ROWS,
): Promise<{ readonly probabilities: Float32Array; readonly truths: Int32Array }> {
  const state = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [parameterKey(name), value]));
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

function softmaxRows(logits: Float32Array, width: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += width) {
    const values = logits.subarray(row, row + width);
    const largest = Math.max(...values);
    const powers = values.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (let i = 0; i < width; i++) result[row + i] = powers[i]! / sum;
  }
  return result;
}
