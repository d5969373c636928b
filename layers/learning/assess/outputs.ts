/** What a fitted network says of rows, one piece at a time. */
import type { Device } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { type Learner, pieceRows } from '../fit/fit.ts';
import { stateOf } from '../fit/outputs.ts';
import { type EncodedRows, isSharded, piecesOf, rowsOf } from '../fit/rows.ts';

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

/** What is kept of the outputs for rows in memory: a model is judged, assessed and drawn by the same ones. */
const MOST_KEPT_NUMBERS = 2 ** 24;
const kept = new WeakMap<Tensors, { readonly rows: EncodedRows; readonly pieces: readonly Outputs[] }>();

/** One piece after another, computed once for the same parameters and rows if there are not too many. */
export async function* outputsOver(of: Fitted, rows: EncodedRows): AsyncGenerator<Outputs> {
  const known = kept.get(of.parameters);
  if (known?.rows === rows) return yield* known.pieces;
  const pieces: Outputs[] = [];
  let numbers = 0;
  for await (const piece of computed(of, rows)) {
    numbers += piece.values.length;
    // Rows of shards are overwritten by those of the next one.
    if (numbers <= MOST_KEPT_NUMBERS && !isSharded(rows)) pieces.push(piece);
    yield piece;
  }
  if (numbers <= MOST_KEPT_NUMBERS && !isSharded(rows)) kept.set(of.parameters, { rows, pieces });
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
