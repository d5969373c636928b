/** What a fitted network says of rows, one piece at a time. */
import type { Device } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import type { Learner } from '../fit/fit.ts';
import { keptOutputs, type Outputs, OutputsKeeper } from '../fit/kept-outputs.ts';
import { stateOf } from '../fit/outputs.ts';
import { type EncodedRows, pieceRows, piecesOf, rowsOf } from '../fit/rows.ts';

export interface Fitted {
  readonly learner: Pick<Learner, 'objective' | 'flopsPerRow'>;
  readonly parameters: Tensors;
  /** Default: the processor. */
  readonly device?: Device;
  /** Called between pieces. What it throws ends the reading. */
  readonly between?: () => Promise<void>;
}

/** One piece after another, computed once for the same parameters and rows if there are not too many. */
export async function* outputsOver(of: Fitted, rows: EncodedRows): AsyncGenerator<Outputs> {
  const known = keptOutputs(of.parameters, rows);
  if (known) return yield* known;
  const keeper = new OutputsKeeper(rows);
  for await (const piece of computed(of, rows)) {
    keeper.add(piece);
    yield piece;
  }
  keeper.keep(of.parameters);
}

async function* computed(
  { learner, parameters, device, between = async () => undefined }: Fitted,
  rows: EncodedRows,
): AsyncGenerator<Outputs> {
  const { objective, flopsPerRow } = learner;
  await using evaluator = await Evaluator.open(compileEvaluate(objective), device ? { device } : {});
  const state = stateOf(parameters);
  for await (const piece of piecesOf(rows, pieceRows(flopsPerRow), rowsOf(rows))) {
    const { outputs } = await evaluator.run(state, piece);
    const { data, shape } = expectTensor('outputs', outputs, 'float32');
    const truths = piece.y!.data as Int32Array | Float32Array;
    yield { values: data, width: data.length / Math.max(1, shape[0]!), truths, piece };
    await between();
  }
}
