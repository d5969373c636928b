/** A fitted network's outputs for rows, one piece after another. */
import { expectTensor, type Tensor, type Tensors } from '#engine/tensor.ts';
import type { Objective } from '#engine/training/objective.ts';
import { parameterKey, type State } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { type EncodedRows, piecesOf, rowsOf } from './rows.ts';

export interface OutputPiece {
  /** [rows, width], row-major. */
  readonly outputs: Float32Array;
  readonly width: number;
  readonly truths: Tensor;
}

const PIECE_ROWS = 256;

export const stateOf = (parameters: Tensors): State =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [parameterKey(name), value]));

export async function* outputPieces(
  objective: Objective,
  parameters: Tensors,
  data: EncodedRows,
): AsyncGenerator<OutputPiece> {
  await using evaluator = await Evaluator.open(compileEvaluate(objective), {});
  const state = stateOf(parameters);
  for await (const piece of piecesOf(data, PIECE_ROWS, rowsOf(data))) {
    const result = await evaluator.run(state, piece);
    const { data: outputs, shape } = expectTensor('outputs', result.outputs, 'float32');
    yield { outputs, width: shape[1]!, truths: piece.y! };
  }
}

/** The probabilities of logits; a temperature above 1 makes them less sure. */
export function softmaxRows(logits: Float32Array, width: number, temperature = 1): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += width) {
    const values = logits.subarray(row, row + width);
    const largest = Math.max(...values);
    const powers = values.map((value) => Math.exp((value - largest) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (let i = 0; i < width; i++) result[row + i] = powers[i]! / sum;
  }
  return result;
}
