/** What a fitted network says of rows, one piece at a time. */
import type { Device } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { parameterKey } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { type Learner, pieceRows } from '../fit/fit.ts';
import { type EncodedRows, piecesOf, rowsOf } from '../fit/rows.ts';

export interface Fitted {
  readonly learner: Pick<Learner, 'objective' | 'flopsPerRow'>;
  readonly parameters: Tensors;
  /** Default: the processor. */
  readonly device?: Device;
  /** Called between pieces. What it throws ends the reading. */
  readonly between?: () => Promise<void>;
}

/** The outputs of some rows, `width` of them a row, and the rows' targets as they are encoded. */
export interface Outputs {
  readonly values: Float32Array | Float64Array;
  readonly width: number;
  readonly truths: Int32Array | Float32Array | Float64Array;
  /** The rows themselves. */
  readonly piece: Tensors;
}

export async function* outputsOver(
  { learner, parameters, device, between = async () => undefined }: Fitted,
  rows: EncodedRows,
): AsyncGenerator<Outputs> {
  const { objective, flopsPerRow } = learner;
  await using evaluator = await Evaluator.open(compileEvaluate(objective), device ? { device } : {});
  const state = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [parameterKey(name), value]));
  for await (const piece of piecesOf(rows, pieceRows(flopsPerRow), rowsOf(rows))) {
    const { outputs } = await evaluator.run(state, piece);
    const { data, shape } = expectTensor('outputs', outputs, 'float32');
    const truths = piece.y!.data as Int32Array | Float32Array;
    yield { values: data, width: data.length / Math.max(1, shape[0]!), truths, piece };
    await between();
  }
}
