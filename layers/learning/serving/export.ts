/** Exports a trained network as a `model.onnx` that takes raw features. */
import type { Builder, Value } from '#engine/graph.ts';
import type { ModelMeta } from '#engine/onnx/write.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { labelAt } from '#engine/ops/labels.ts';
import { squeeze } from '#engine/ops/movement.ts';
import { softmax } from '#engine/ops/norm.ts';
import { argMax } from '#engine/ops/reduce.ts';
import { cast } from '#engine/ops/select.ts';
import type { Tensors } from '#engine/tensor.ts';
import { constantParameters, type Network, type Values } from '#engine/training/network.ts';
import { compileInference } from '#engine/training/step.ts';
import { type Type, type } from '#engine/type.ts';
import type { Preparation } from '../fit/task.ts';
import { encoded, features } from '../tabular/front.ts';
import type { Serving } from './description.ts';

/**
 * Inputs: one [rows, 1] per feature. Numbers and timestamps (epoch milliseconds) are float64, with NaN for missing;
 * categories and booleans are strings, with '' for missing. Outputs of a classification: `label`, string [rows], and
 * `probabilities`, float32 [rows, classes]. Output of a regression: `value`, float64 [rows], in the target's unit.
 */
export function exportModel(
  preparation: Preparation,
  network: Network,
  parameters: Tensors,
  serving: Serving,
  meta: ModelMeta,
): Uint8Array {
  const inputs = Object.fromEntries(serving.features.map(({ input, type }) => [input, inputTypes[type]]));
  return compileInference({
    inputs,
    build: (b, values) => {
      const raw = serving.features.map(({ input }) => values[input]!);
      const x = b.at('front', () => features(b, preparation.encoder, encoded(b, preparation.encoder, raw)));
      const outputs = network.forward(b, constantParameters(b, parameters), x, { training: false });
      return b.at('answer', () => answers[preparation.task](b, outputs, preparation));
    },
    meta,
  });
}

const inputTypes: Readonly<Record<Serving['features'][number]['type'], Type>> = {
  number: type('float64', ['rows', 1]),
  timestamp: type('float64', ['rows', 1]),
  category: type('string', ['rows', 1]),
  boolean: type('string', ['rows', 1]),
};

type Answer = (b: Builder, outputs: Value, of: Preparation) => Values;

const answers: Readonly<Record<Preparation['task'], Answer>> = {
  classification: (b, logits, { classes }) => ({
    label: labelAt(b, argMax(b, logits), classes),
    probabilities: softmax(b, logits),
  }),
  regression: (b, outputs, { scale: { mean, deviation } }) => ({
    value: squeeze(b, add(b, mul(b, cast(b, outputs, 'float64'), deviation), mean), [1]),
  }),
};
