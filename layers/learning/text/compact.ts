/** The recipe of `compact-text`. */
import { labelAt } from '#engine/ops/labels.ts';
import { softmax } from '#engine/ops/norm.ts';
import { argMax } from '#engine/ops/reduce.ts';
import type { Tensors } from '#engine/tensor.ts';
import { constantParameters, countParameters } from '#engine/training/network.ts';
import { writeStateFile } from '#engine/training/state-file.ts';
import { compileEvaluate, compileInference } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { type } from '#engine/type.ts';
import { compactTextLogits } from '#zoo/compact-text.ts';
import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';
import { COMPACT_TEXT } from '#zoo/text-registry.ts';
import { VERSION } from '../artifacts.ts';
import type { Fit } from '../fit/fit.ts';
import { ONNX_FILE } from '../serving/description.ts';
import { type GramServing, TEXT_FILE, WEIGHTS_FILE } from './description.ts';
import { featurizerOf, textLearner } from './learner.ts';
import { prepareTexts } from './prepare.ts';
import type { TextRecipe } from './recipe.ts';

const BINARY = 'application/octet-stream';

/** Much lower, a network that begins with random weights learns next to nothing. */
const LOW_LEARNING_RATE = 1e-4;

/** @param initial the weights to start from. Default: random ones */
export function compactRecipe(h: TextHyperparameters, initial: Tensors | undefined): TextRecipe {
  const featurizer = featurizerOf(h);
  return {
    async prepare(bytes, file) {
      const prepared = await prepareTexts(bytes, file, {
        ...{ featurizer, labels: h.labels, validationSplit: h.validation_split, seed: h.seed },
      });
      const { places, rows } = prepared;
      const learner = textLearner({ hyperparameters: h, places, rows: rows.training, initial });
      return {
        ...{ prepared, learner, batchSize: h.batch_size, basis: '', parameters: countParameters(learner.network) },
        warnings:
          h.learning_rate < LOW_LEARNING_RATE
            ? [
                `learning_rate ${h.learning_rate} is low for ${COMPACT_TEXT}, which learns from scratch: its default is 0.01`,
              ]
            : [],
        reads: `Of each text the first ${featurizer.max_words} words are read, as hashed n-grams of words and characters (featurizer version ${featurizer.version}, ${featurizer.buckets} buckets).`,
        feeds: ({ buckets, weights }) => ({ buckets: buckets!, weights: weights! }),
        openEvaluation: () => Evaluator.open(compileEvaluate(learner.objective), {}),
        async files(fit, rule) {
          const serving: GramServing = { format: 1, featurizer, ...rule };
          return [
            { file: ONNX_FILE, bytes: exportTextModel(fit, serving), contentType: BINARY },
            { file: TEXT_FILE, bytes: Buffer.from(JSON.stringify(serving)), contentType: 'application/json' },
            { file: WEIGHTS_FILE, bytes: Buffer.concat(writeStateFile(fit.parameters)), contentType: BINARY },
          ];
        },
      };
    },
  };
}

/** Inputs: `buckets`, int32, and `weights`, float32, both [texts, places]. Outputs as those of every classification. */
function exportTextModel(fit: Fit, serving: GramServing): Uint8Array {
  return compileInference({
    inputs: { buckets: type('int32', ['texts', 'places']), weights: type('float32', ['texts', 'places']) },
    build: (b, { buckets, weights }) => {
      const logits = compactTextLogits(b, constantParameters(b, fit.parameters), buckets!, weights!, {
        training: false,
      });
      return { label: labelAt(b, argMax(b, logits), serving.labels), probabilities: softmax(b, logits) };
    },
    meta: {
      producer: 'trainyard',
      producerVersion: VERSION,
      doc: 'compact-text: classes of texts. The inputs are hashed n-grams, as the property text says.',
      properties: { text: JSON.stringify(serving) },
    },
  });
}
