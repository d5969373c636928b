/** The variant of a model of texts that computes with integers of 8 bits, and what that costs: both run on the same rows. */
import { OnnxError } from '#engine/onnx/decode.ts';
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { openSession, type Session } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { ArtifactFile, Artifacts } from '../artifacts.ts';
import { piecesOf, rowsOf } from '../fit/rows.ts';
import { INT8_FILE, ONNX_FILE } from '../serving/description.ts';
import { decide } from './decide.ts';
import type { DecisionRule } from './description.ts';
import type { TextPlan } from './recipe.ts';

/** As JSON that is stored with a model. */
export type Int8Report = {
  bytes: number;
  float32_bytes: number;
  /** Rows by which both were judged. */
  rows: number;
  accuracy: number;
  float32_accuracy: number;
  /** The share of rows that both give the same label. */
  same_label: number;
  /** Of any probability. */
  largest_difference: number;
};

export interface Int8Variant {
  readonly file: ArtifactFile;
  readonly report: Int8Report;
}

/** Rows of a run. */
const PIECE_ROWS = 16;
/** Both take about half a minute for so much on two cores; some rows are always looked at. */
const MOST_FLOPS = 1e12;
const [LEAST_ROWS, MOST_ROWS] = [64, 2000] as const;

/**
 * Undefined for a model whose weights are too small to be worth it.
 * @param files of the model, among them its `model.onnx`
 * @param rule by which both answer
 */
export async function makeInt8(
  plan: TextPlan,
  files: Artifacts['files'],
  rule: DecisionRule,
): Promise<Int8Variant | undefined> {
  const original = files.find(({ file }) => file === ONNX_FILE)!;
  const bytes = quantized(original.bytes);
  if (bytes === undefined) return undefined;
  await using float32 = await openSession(original.bytes);
  await using int8 = await openSession(bytes);
  const found = await compare(plan, { float32, int8 }, rule);
  return {
    file: { ...original, file: INT8_FILE, bytes },
    report: { bytes: bytes.length, float32_bytes: original.bytes.length, ...found },
  };
}

function quantized(model: Uint8Array): Uint8Array | undefined {
  try {
    return quantizeModel(model, { integerProducts: true }).bytes;
  } catch (error) {
    if (error instanceof OnnxError) return undefined;
    throw error;
  }
}

async function compare(
  { prepared: { data }, learner, feeds }: TextPlan,
  { float32, int8 }: { readonly float32: Session; readonly int8: Session },
  rule: DecisionRule,
): Promise<Omit<Int8Report, 'bytes' | 'float32_bytes'>> {
  const judged = data.validation ?? data.training;
  const most = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_FLOPS / learner.flopsPerRow)));
  // Rows may be in the order of their length: pieces from all of them.
  const every = Math.ceil(rowsOf(judged) / most);
  const counts = { rows: 0, float32: 0, int8: 0, same: 0 };
  let [largest, number] = [0, 0];
  for await (const piece of piecesOf(judged, PIECE_ROWS, rowsOf(judged))) {
    if (number++ % every !== 0) continue;
    const inputs = feeds(piece);
    const [one, other] = [await probabilitiesOf(float32, inputs), await probabilitiesOf(int8, inputs)];
    const truths = expectTensor('y', piece.y, 'int32').data;
    for (const [row, truth] of truths.entries()) {
      const [wanted, got] = [one.row(row), other.row(row)];
      const labels = { float32: decide(wanted, rule).label, int8: decide(got, rule).label };
      counts.rows += 1;
      counts.float32 += Number(labels.float32 === rule.labels[truth]);
      counts.int8 += Number(labels.int8 === rule.labels[truth]);
      counts.same += Number(labels.float32 === labels.int8);
      largest = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), largest);
    }
  }
  const { rows } = counts;
  return {
    ...{ rows, accuracy: counts.int8 / rows, float32_accuracy: counts.float32 / rows },
    ...{ same_label: counts.same / rows, largest_difference: largest },
  };
}

async function probabilitiesOf(session: Session, inputs: Tensors) {
  const { probabilities } = await session.run(inputs, ['probabilities']);
  const { data, shape } = expectTensor('probabilities', probabilities, 'float32');
  const width = shape[1]!;
  return { row: (at: number): Float32Array => data.subarray(at * width, (at + 1) * width) };
}
