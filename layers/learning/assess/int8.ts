/** What it costs to have weights of 8 bits: the same rows, judged with both. */
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { openSession } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import { constantParameters } from '#engine/training/network.ts';
import { outputsOf } from '#engine/training/objective.ts';
import { compileInference } from '#engine/training/step.ts';
import { evaluate, type Scores } from '../fit/evaluate.ts';
import { pieceRows, rowsOf } from '../fit/rows.ts';
import type { AssessSpec } from './assessment.ts';
import type { Int8Scores } from './int8-scores.ts';

export interface Int8Version {
  readonly bytes: Uint8Array;
  readonly scores: Int8Scores;
}

/**
 * Makes a version of the exported model, and judges its network by the rows that judged the model and the thresholds that were
 * chosen by them. The weights of both are rounded alike.
 * @throws OnnxError if the model has no weights that are worth it
 */
export async function int8Version(onnx: Uint8Array, spec: Omit<AssessSpec, 'calibrate'>): Promise<Int8Version> {
  const { bytes } = quantizeModel(onnx);
  const { learner, parameters, data } = spec;
  const { objective } = learner;
  const inputs = Object.fromEntries(Object.entries(objective.data).filter(([name]) => name !== objective.target));
  const network = compileInference({
    inputs,
    build: (b, values) => ({
      outputs: outputsOf(b, objective, constantParameters(b, parameters), values, { training: false }),
    }),
    meta: { producer: 'trainyard' },
  });
  const [float32, int8] = [await judged(network, spec), await judged(quantizeModel(network).bytes, spec)];
  return {
    bytes,
    scores: {
      size: bytes.length,
      float32_size: onnx.length,
      rows: { of: data.validation ? 'validation' : 'training', count: rowsOf(data.validation ?? data.training) },
      metrics: int8,
      difference: Object.fromEntries(Object.entries(int8).map(([name, value]) => [name, value - float32[name]!])),
    },
  };
}

/** Scores by which a version is judged; the loss is not one of them. */
async function judged(network: Uint8Array, spec: Omit<AssessSpec, 'calibrate'>): Promise<Scores> {
  const { learner, preparation, data, between = async () => undefined } = spec;
  await using session = await openSession(network, {});
  const { target } = learner.objective;
  const evaluator = {
    run: async (_: unknown, { [target]: __, ...rows }: Tensors) => {
      const { outputs } = await session.run(rows);
      return { outputs: outputs!, ...WITHOUT_LOSS };
    },
  };
  const goOn = async () => {
    await between();
    return true;
  };
  const judging = { evaluator, preparation, pieceRows: pieceRows(learner.flopsPerRow), goOn };
  const { loss: _, ...found } = (await evaluate(judging, {}, data.validation ?? data.training)) ?? {};
  return found;
}

const WITHOUT_LOSS = { loss: 0, weight: 1, correct: 0 };
