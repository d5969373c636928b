/** Predictions of models of texts, which are loaded once and kept in memory while there is room. */
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { openSession, type Session } from '#engine/run.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { classifyTokens } from '../encoder/classify.ts';
import { openTokenizer, TOKENIZER_FILES, type TokenizerFiles } from '../encoder/tokenizer.ts';
import { readArtifact } from '../serving/artifact.ts';
import { Cache, type Loaded } from '../serving/cache.ts';
import { ONNX_FILE } from '../serving/description.ts';
import { type DecisionRule, type GramServing, TEXT_FILE, textServing } from './description.ts';
import { type Grams, gramsOf } from './featurizer.ts';

export interface TextPrediction {
  /** An attack's label where there is one, otherwise the benign one, or without such a label the most probable. */
  readonly label: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
  /** From which score on the label counts. */
  readonly threshold: number;
  /** Whether the score of any label but the benign one reaches its threshold. Null if the model has no benign label. */
  readonly isAttack: boolean | null;
}

export interface TextPredictor {
  /** One prediction per text, in the same order. Throws `NotFoundError` if the model was deleted meanwhile. */
  predict(model: ServedModel, texts: readonly string[]): Promise<readonly TextPrediction[]>;
}

export interface TextPredictorOptions {
  /** The bucket of artifacts. */
  readonly artifacts: Blobs;
  /** The total file size of the models that stay loaded. Default: 256 MiB. */
  readonly maxBytes?: number;
  /** How many models stay loaded. Default: 64. */
  readonly maxModels?: number;
}

/** The probabilities of each label, for each text. */
type Classify = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

interface LoadedModel extends Loaded {
  readonly rule: DecisionRule;
  readonly classify: Classify;
}

export function makeTextPredictor({
  artifacts,
  maxBytes = 256 * 2 ** 20,
  maxModels = 64,
}: TextPredictorOptions): TextPredictor {
  const cache = new Cache<LoadedModel>({ bytes: maxBytes, count: maxModels });
  const load = async (model: ServedModel): Promise<LoadedModel> => {
    const read = (file: string) => readArtifact(artifacts, model, file);
    const [onnx, description] = await Promise.all([read(ONNX_FILE), read(TEXT_FILE)]);
    const serving = textServing.parse(JSON.parse(description.toString('utf8')));
    const session = await openSession(onnx);
    const classify =
      serving.format === 1
        ? classifyGrams(session, serving)
        : classifyTokens(session, serving, openTokenizer(await tokenizerFilesOf(model, read)));
    return { rule: serving, classify, bytes: onnx.length, dispose: () => session.dispose() };
  };
  return {
    predict: (model, texts) =>
      cache.use(
        model.id,
        () => load(model),
        async ({ rule, classify }) => (await classify(texts)).map((probabilities) => decide(probabilities, rule)),
      ),
  };
}

async function tokenizerFilesOf(
  { artifacts }: ServedModel,
  read: (file: string) => Promise<Uint8Array>,
): Promise<TokenizerFiles> {
  const names = TOKENIZER_FILES.filter((name) => artifacts.some(({ file }) => file === name));
  return new Map(await Promise.all(names.map(async (file) => [file, await read(file)] as const)));
}

/** Texts that are run together, so that a long one makes few others as wide. */
const TOGETHER = 64;

const classifyGrams =
  (session: Session, { featurizer, labels }: GramServing): Classify =>
  async (texts) => {
    const all: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += TOGETHER) {
      const some = texts.slice(from, from + TOGETHER).map((text) => gramsOf(text, featurizer));
      const { probabilities } = await session.run(gramTensors(some));
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

export function decide(
  probabilities: Float32Array,
  { labels, benign_label, thresholds }: DecisionRule,
): TextPrediction {
  const all = labels
    .map((label, i) => ({ label, score: Math.min(1, probabilities[i]!), threshold: thresholds[label]! }))
    .sort((a, b) => b.score - a.score);
  const benign = all.find(({ label }) => label === benign_label);
  const attack = benign && all.find(({ label, score, threshold }) => label !== benign_label && score >= threshold);
  const chosen = attack ?? benign ?? all[0]!;
  return {
    ...chosen,
    scores: Object.fromEntries(labels.map((label, i) => [label, Math.min(1, probabilities[i]!)])),
    isAttack: benign ? attack !== undefined : null,
  };
}
