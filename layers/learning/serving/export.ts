/** Exports a trained network as a `model.onnx` that takes raw features. */
import type { Builder, Value } from '#engine/graph.ts';
import type { ModelMeta } from '#engine/onnx/write.ts';
import { sigmoid } from '#engine/ops/activation.ts';
import { greaterOrEqual } from '#engine/ops/compare.ts';
import { add, div, mul } from '#engine/ops/elementwise.ts';
import { slice } from '#engine/ops/join.ts';
import { labelAt } from '#engine/ops/labels.ts';
import { squeeze } from '#engine/ops/movement.ts';
import { softmax } from '#engine/ops/norm.ts';
import { argMax } from '#engine/ops/reduce.ts';
import { cast } from '#engine/ops/select.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import { constantParameters, type Network, type Values } from '#engine/training/network.ts';
import { compileInference } from '#engine/training/step.ts';
import { type Preparation, shapeOf } from '../fit/task.ts';

/**
 * Inputs: those of the encoding. Outputs of a classification: `label`, string [rows], and `probabilities`, float32
 * [rows, classes]. Output of a regression: `value`, float64 [rows], in the target's unit. Outputs of labels: `labels`, bool
 * [rows, labels], and `probabilities`, float32 [rows, labels].
 */
export function exportModel(
  preparation: Preparation,
  network: Network,
  parameters: Tensors,
  meta: ModelMeta,
): Uint8Array {
  const { encoding } = preparation;
  return compileInference({
    inputs: encoding.inputs,
    build: (b, values) => {
      const x = b.at('front', () => encoding.front(b, encoding.encoded(b, values)));
      const outputs = network.forward(b, constantParameters(b, parameters), x, { training: false });
      return b.at('answer', () => answers[preparation.task](b, first(b, outputs, preparation), preparation));
    },
    meta,
  });
}

/** A family may have more outputs than answers. */
function first(b: Builder, outputs: Value, of: Preparation): Value {
  const { outputs: wanted } = shapeOf(of);
  return outputs.type.shape[1] === wanted ? outputs : slice(b, outputs, 1, 0, wanted);
}

/** 1 where the second of two probabilities is the threshold or more, otherwise 0: int64 [rows]. */
const secondFrom = (b: Builder, probabilities: Value, threshold: number): Value =>
  cast(b, squeeze(b, greaterOrEqual(b, slice(b, probabilities, 1, 1, 2), threshold), [1]), 'int64');

type Answer = (b: Builder, outputs: Value, of: Preparation) => Values;

const answers: Readonly<Record<Preparation['task'], Answer>> = {
  classification: (b, logits, { classes, calibration: { temperature = 1, threshold } = {} }) => {
    const probabilities = softmax(b, temperature === 1 ? logits : div(b, logits, temperature));
    const place = threshold === undefined ? argMax(b, logits) : secondFrom(b, probabilities, threshold);
    return { label: labelAt(b, place, classes), probabilities };
  },
  regression: (b, outputs, { scale: { mean, deviation } }) => ({
    // Not `outputs · deviation + mean`: ONNX Runtime 1.30 leaves out the addition of a double that is 0 as a float, such as
    // 1e-60 (`findings/onnxruntime-drops-small-addends.sh`).
    value: squeeze(b, mul(b, add(b, cast(b, outputs, 'float64'), mean / deviation), deviation), [1]),
  }),
  multilabel: (b, logits, { classes, calibration: { thresholds = classes.map(() => 0.5) } = {} }) => {
    const probabilities = sigmoid(b, logits);
    const least = b.constant(tensorFrom('float32', [1, classes.length], thresholds));
    return { labels: greaterOrEqual(b, probabilities, least), probabilities };
  },
};
