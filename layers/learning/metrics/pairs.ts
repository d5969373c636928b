/** Actual and predicted numbers of the rows by which a regression is judged, for a picture. */
import { expectTensor } from '#engine/tensor.ts';
import { type Fitted, outputsOver } from '../assess/outputs.ts';
import { type EncodedRows, rowsOf } from '../fit/rows.ts';
import type { Answers } from '../fit/task.ts';

/** In the target's unit. */
export type Pair = readonly [actual: number, predicted: number];

export const MOST_PAIRS = 2000;

/** Of at most `MOST_PAIRS` rows, evenly spread over all. */
export async function pairsOf(
  { scale: { mean, deviation } }: Pick<Answers, 'scale'>,
  { data, ...of }: Fitted & { readonly data: EncodedRows },
): Promise<readonly Pair[]> {
  const every = Math.max(1, Math.ceil(rowsOf(data) / MOST_PAIRS));
  const inUnit = (value: number) => value * deviation + mean;
  const pairs: Pair[] = [];
  let at = 0;
  for await (const { values, width, piece } of outputsOver(of, data)) {
    const actual = expectTensor('y', piece.y!, 'float32').data;
    for (let row = 0; row < actual.length; row++, at++) {
      if (at % every === 0) pairs.push([inUnit(actual[row]!), inUnit(values[row * width]!)]);
    }
  }
  return pairs;
}
