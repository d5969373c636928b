/** A model of texts from its files, ready to classify. */
import { forServing } from '#engine/onnx/serving/serve.ts';
import { openSession, type Session } from '#engine/run.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { classifyTokens, tokenBounds } from '../encoder/classify.ts';
import { openTokenizer, type TextTokenizer, tokenizerFilesOf } from '../encoder/tokenizer.ts';
import { VARIANT_FILES, type Variant } from '../serving/description.ts';
import { decide, type TextPrediction } from './decide.ts';
import { type GramServing, TEXT_FILE, textServing } from './description.ts';
import { explainTexts, GRAM_BOUNDS, type TextExplanation } from './explain.ts';
import { type Grams, gramsOf } from './featurizer.ts';

export interface TextClassifier {
  /** One prediction per text, in the same order. */
  predict(texts: readonly string[]): Promise<readonly TextPrediction[]>;
  /**
   * Which words speak for the labels that were predicted.
   * @throws ValidationError for more or longer texts than can be explained by one request
   */
  explain(texts: readonly string[], predictions: readonly TextPrediction[]): Promise<readonly TextExplanation[]>;
  /** Of its file. */
  readonly bytes: number;
  dispose(): Promise<void>;
}

/** The files of a model, wherever they lie. */
export interface ModelFiles {
  has(file: string): boolean;
  read(file: string): Promise<Uint8Array>;
}

export async function openTextClassifier(files: ModelFiles, variant: Variant = 'float32'): Promise<TextClassifier> {
  const [onnx, description] = await Promise.all([files.read(VARIANT_FILES[variant]), files.read(TEXT_FILE)]);
  const serving = textServing.parse(JSON.parse(Buffer.from(description).toString('utf8')));
  const tokenizer = serving.format === 2 ? await tokenizerOf(files) : undefined;
  const session = await openSession(serving.format === 1 ? onnx : await forServing(onnx));
  const classify =
    serving.format === 1 ? classifyGrams(session, serving) : classifyTokens(session, serving, tokenizer!);
  const bounds = serving.format === 1 ? GRAM_BOUNDS : tokenBounds(serving, tokenizer!);
  return {
    predict: async (texts) => (await classify(texts)).map((probabilities) => decide(probabilities, serving)),
    explain: (texts, predictions) =>
      explainTexts(
        texts.map((text, i) => ({
          text,
          output: serving.labels.indexOf(predictions[i]!.label),
          value: predictions[i]!.score,
        })),
        bounds,
        async (some, output) => (await classify(some)).map((probabilities) => probabilities[output]!),
      ),
    bytes: onnx.length,
    dispose: () => session.dispose(),
  };
}

async function tokenizerOf(files: ModelFiles): Promise<TextTokenizer> {
  const names = tokenizerFilesOf((file) => files.has(file));
  return openTokenizer(new Map(await Promise.all(names.map(async (file) => [file, await files.read(file)] as const))));
}

/** The probabilities of each label, for each text. */
type Classify = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** Texts that are run together, so that a long one makes few others as wide. */
const TOGETHER = 64;

const classifyGrams =
  (session: Session, { featurizer, labels }: GramServing): Classify =>
  async (texts) => {
    const all: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += TOGETHER) {
      const some = texts.slice(from, from + TOGETHER).map((text) => gramsOf(text, featurizer));
      const { probabilities } = await session.run(gramTensors(some), ['probabilities']);
      const { data } = expectTensor('probabilities', probabilities, 'float32');
      for (let row = 0; row < some.length; row++) all.push(data.slice(row * labels.length, (row + 1) * labels.length));
    }
    return all;
  };

function gramTensors(all: readonly Grams[]): Tensors {
  const places = Math.max(1, ...all.map(({ buckets }) => buckets.length));
  const buckets = new Int32Array(all.length * places);
  const weights = new Float32Array(all.length * places);
  for (const [row, grams] of all.entries()) {
    buckets.set(grams.buckets, row * places);
    weights.set(grams.weights, row * places);
  }
  const shape = [all.length, places];
  return { buckets: tensor('int32', shape, buckets), weights: tensor('float32', shape, weights) };
}
