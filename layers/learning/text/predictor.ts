/** Predictions of models of texts, which are loaded once and kept in memory while there is room. */
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { readArtifact } from '../serving/artifact.ts';
import { Cache } from '../serving/cache.ts';
import type { Variant } from '../serving/description.ts';
import { openTextClassifier, type TextClassifier } from './classifier.ts';
import type { TextPrediction } from './decide.ts';
import type { TextExplanation } from './explain.ts';

export interface TextPredictor {
  /** One prediction per text, in the same order. Throws `NotFoundError` if the model was deleted meanwhile. */
  predict(model: ServedModel, texts: readonly string[], variant?: Variant): Promise<readonly TextPrediction[]>;
  /** The same with the words that speak for each. Throws `ValidationError` for too many or too long texts besides. */
  explain(model: ServedModel, texts: readonly string[], variant?: Variant): Promise<readonly ExplainedText[]>;
}

export interface ExplainedText extends TextPrediction {
  readonly explanation: TextExplanation;
}

export interface TextPredictorOptions {
  /** The bucket of artifacts. */
  readonly artifacts: Blobs;
  /** The total file size of the models that stay loaded. Default: 256 MiB. */
  readonly maxBytes?: number;
  /** How many models stay loaded. Default: 64. */
  readonly maxModels?: number;
}

export function makeTextPredictor({
  artifacts,
  maxBytes = 256 * 2 ** 20,
  maxModels = 64,
}: TextPredictorOptions): TextPredictor {
  const cache = new Cache<TextClassifier>({ bytes: maxBytes, count: maxModels });
  const load = (model: ServedModel, variant: Variant): Promise<TextClassifier> =>
    openTextClassifier(
      {
        has: (name) => model.artifacts.some(({ file }) => file === name),
        read: (file) => readArtifact(artifacts, model, file),
      },
      variant,
    );
  const using = <R>(model: ServedModel, variant: Variant, use: (classifier: TextClassifier) => Promise<R>) =>
    cache.use(`${model.id} ${variant}`, () => load(model, variant), use);
  return {
    predict: async (model, texts, variant = 'float32') =>
      using(model, variant, (classifier) => classifier.predict(texts)),
    explain: async (model, texts, variant = 'float32') =>
      using(model, variant, async (classifier) => {
        const predictions = await classifier.predict(texts);
        const explanations = await classifier.explain(texts, predictions);
        return predictions.map((prediction, i) => ({ ...prediction, explanation: explanations[i]! }));
      }),
  };
}
