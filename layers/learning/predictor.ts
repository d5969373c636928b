/** Predictions of trained models, which are loaded once and kept in memory while there is room. */
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import { ValidationError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { cutFront } from '#engine/onnx/serving/front/cut.ts';
import { openSession, RuntimeError, type SessionOptions } from '#engine/run.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { Kind } from './kind.ts';
import { kindNamed } from './kinds.ts';
import { readArtifact } from './serving/artifact.ts';
import { Cache, type Loaded } from './serving/cache.ts';
import { SERVING_FILE, type Serving, VARIANT_FILES, type Variant } from './serving/description.ts';
import { type Explainer, explain } from './serving/explain.ts';
import { factsOf } from './serving/facts.ts';
import type { Input } from './serving/input.ts';
import type { Prediction, PredictionOptions } from './serving/prediction.ts';
import { expectFinite, readings } from './serving/readings.ts';
import { RunTimes } from './serving/run-times.ts';
import { SharedRuns } from './serving/shared-runs.ts';
import { readReference, readServing } from './serving/stored.ts';
import { typicalValues } from './serving/typical.ts';
import { expectVariant } from './serving/variant.ts';
import { isHeavy, LIGHT_MS, SMALL_MODEL_BYTES } from './serving/weight.ts';
import type { TextPrediction } from './text/decide.ts';
import { expectNoReference, type TextExplanation } from './text/explain.ts';
import { makeTextPredictor, type TextPredictor } from './text/predictor.ts';
import { textsOf } from './text/tensors.ts';

export type { Cell, Input, Row } from './serving/input.ts';

export type {
  ClassPrediction,
  LabelsPrediction,
  Prediction,
  PredictionOptions,
  ValuePrediction,
} from './serving/prediction.ts';

export interface Predictor {
  /**
   * One prediction per input, in the same order. An input of a model of texts is a list of one text.
   * @throws ValidationError with fields such as `inputs[3][2]`, NotFoundError if the model was deleted meanwhile
   */
  predict(model: ServedModel, inputs: readonly Input[], options?: PredictionOptions): Awaitable<readonly Prediction[]>;
  /** The features, in the order of a row, and the classes. The model itself is not loaded. Throws `NotFoundError`. */
  describe(model: ServedModel): Awaitable<Serving>;
  /** Whether a run of so many rows would hold up others for long; `undefined` where that was not measured. */
  isLong(model: ServedModel, rows: number, variant?: Variant): boolean | undefined;
}

export interface PredictorOptions {
  /** The bucket of artifacts. */
  readonly artifacts: Blobs;
  /** The total file size of the models that stay loaded. Default: 512 MiB. */
  readonly maxBytes?: number;
  /** How many models stay loaded. Default: 256, as in the settings. */
  readonly maxModels?: number;
  /** The runtime's threads. Default: one for a small model, which others would only hold up, or else one per core. */
  readonly threads?: number;
  /**
   * Whether a call that comes alone is run at once: for whoever answers small requests. Default: no, it waits for others
   * until the end of the event loop's turn.
   */
  readonly runsAtOnce?: boolean;
}

/** Descriptions are small, but for models of thousands of features. */
const DESCRIPTION_BYTES = 16 * 2 ** 20;

interface Description extends Loaded {
  readonly serving: Serving;
}

interface LoadedModel extends Loaded {
  readonly serving: Serving;
  readonly runs: SharedRuns;
}

export function makePredictor({
  artifacts,
  maxBytes = 512 * 2 ** 20,
  maxModels = 256,
  threads,
  runsAtOnce = false,
}: PredictorOptions): Predictor {
  const cache = new Cache<LoadedModel>({ bytes: maxBytes, count: maxModels });
  const optionsFor = (bytes: number): SessionOptions => {
    const wanted = threads ?? (bytes <= SMALL_MODEL_BYTES ? 1 : undefined);
    return wanted === undefined ? {} : { threads: wanted };
  };

  const descriptions = new Cache<Description>({ bytes: DESCRIPTION_BYTES, count: maxModels });
  const describe = (model: ServedModel): Awaitable<Serving> =>
    descriptions.use(
      model.id,
      async () => {
        const bytes = model.artifacts.find(({ file }) => file === SERVING_FILE)?.size ?? 0;
        return { serving: await readServing(artifacts, model), bytes, dispose: async () => {} };
      },
      ({ serving }) => serving,
    );

  const texts = makeTextPredictor({ artifacts });

  /** Of the models that are loaded. */
  const measured = new Map<string, RunTimes>();

  const load = async (model: ServedModel, variant: Variant): Promise<LoadedModel> => {
    const serving = await describe(model);
    const onnx = await readArtifact(artifacts, model, VARIANT_FILES[variant]);
    // In a model of others, a row may change the answers to those beside it, as may the scale of integers of 8 bits.
    const areShared = variant === 'float32' && !isImported(model);
    const cut = areShared && onnx.length <= SMALL_MODEL_BYTES ? cutFront(onnx) : undefined;
    const session = await openSession(cut?.model ?? onnx, optionsFor(onnx.length));
    const [name, times] = [nameOf(model, variant), new RunTimes()];
    const runAtOnce = (feeds: Tensors) => (cut ? cut.run(session, feeds) : session.runAtOnce(feeds));
    const runs = new SharedRuns(runAtOnce, { firstAtOnce: runsAtOnce, areShared, times });
    measured.set(name, times);
    const dispose = async (): Promise<void> => {
      if (measured.get(name) === times) measured.delete(name);
      await session.dispose();
    };
    return { serving, runs, bytes: onnx.length, dispose };
  };
  const using = <R>(model: ServedModel, variant: Variant, use: (loaded: LoadedModel) => Awaitable<R>) =>
    cache.use(nameOf(model, variant), () => load(model, variant), use);

  /** Also of rows that are run in pieces. */
  async function explained(
    loaded: LoadedModel,
    kind: Kind,
    model: ServedModel,
    inputs: readonly Input[],
    options: PredictionOptions,
  ): Promise<readonly Prediction[]> {
    const { serving, runs } = loaded;
    const run = async (feeds: Tensors, rows: number) => runs.run(feeds, rows);
    if (options.explain) expectExplainable(kind.explainer, serving, inputs, options);
    if (kind.pieces) {
      const predictions: Prediction[] = [];
      for (const piece of kind.pieces(serving, inputs)) {
        predictions.push(...(await answered(loaded, kind, model, piece, options)).predictions);
      }
      if (!options.explain || !kind.explain) return predictions;
      expectNoReference(options.reference);
      const explanations = await kind.explain({ serving, inputs, run });
      return predictions.map((prediction, i) => ({
        ...prediction,
        explanation: { basis: 'empty_text', ...explanations[i]! },
      }));
    }
    const { feeds, results, predictions } = await answered(loaded, kind, model, inputs, options);
    const { reference, basis } = typicalValues(serving, {
      ...{ given: options.reference, reference: await readReference(artifacts, model) },
      ...{ takesMissing: !isImported(model), rows: feeds, count: inputs.length },
    });
    const cut = kind.explainer.cut(serving, feeds, reference);
    const explanations = await explain({ serving, cut, run }, results);
    return predictions.map((prediction, i) => ({ ...prediction, explanation: { basis, ...explanations[i]! } }));
  }

  return {
    describe,
    isLong: (model, rows, variant = 'float32') => measured.get(nameOf(model, variant))?.exceeds(LIGHT_MS, rows),
    predict: (model, inputs, options = {}) => {
      const { variant = 'float32' } = options;
      expectVariant(model, variant);
      if (factsOf(model).takesText) return classesOf(texts, model, inputs, options);
      return using(model, variant, (loaded) => {
        const kind = kindNamed(loaded.serving.kind);
        if (kind.pieces || options.explain) return explained(loaded, kind, model, inputs, options);
        return andThen(answered(loaded, kind, model, inputs, options), ({ predictions }) => predictions);
      });
    },
  };
}

interface Answered {
  readonly feeds: Tensors;
  readonly results: Tensors;
  readonly predictions: readonly Prediction[];
}

/** What one run of a model answers, and what it was made from. */
const answered = (
  { serving, runs }: LoadedModel,
  kind: Kind,
  model: ServedModel,
  inputs: readonly Input[],
  options: PredictionOptions,
): Awaitable<Answered> =>
  andThen(kind.tensors(serving, inputs), (feeds) => {
    const imported = isImported(model);
    const running = imported ? refusals(async () => runs.run(feeds, inputs.length)) : runs.run(feeds, inputs.length);
    return andThen(running, (results) => {
      const predictions = expectFinite(readings[serving.task](results, serving, options), imported);
      return { feeds, results, predictions };
    });
  });

const nameOf = ({ id }: ServedModel, variant: Variant): string => (variant === 'float32' ? id : `${id} ${variant}`);
/** Throws `ValidationError`. */
function expectExplainable(
  { expect, noReference }: Explainer,
  serving: Serving,
  inputs: readonly Input[],
  { reference }: PredictionOptions,
): void {
  expect(serving, inputs.length);
  if (reference !== undefined && noReference !== undefined) throw ValidationError.of('reference', noReference);
}

const isImported = (model: ServedModel): boolean => factsOf(model).isImported;

/** A model of others may refuse values, such as a word that it does not know. */
async function refusals<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw ValidationError.of('inputs', `must be values that the imported model takes; it says: ${error.message}`);
  }
}

async function classesOf(
  texts: TextPredictor,
  model: ServedModel,
  inputs: readonly Input[],
  { probabilities: wanted = false, explain: isToExplain = false, reference, variant }: PredictionOptions,
): Promise<Prediction[]> {
  if (isToExplain) expectNoReference(reference);
  const given = textsOf(inputs);
  const found: readonly (TextPrediction & { readonly explanation?: TextExplanation })[] = isToExplain
    ? await texts.explain(model, given, variant)
    : await texts.predict(model, given, variant);
  return found.map(({ label, score, scores, explanation }) => ({
    class: label,
    confidence: score,
    ...(wanted ? { probabilities: scores } : {}),
    ...(explanation ? { explanation: { basis: 'empty_text', ...explanation } } : {}),
  }));
}

/** About as many for a model of a hundred features. */
const RUNS_PER_EXPLANATION = 800;

/** Makes predictions that take long with the other predictor. */
export const dividedByWeight = (
  light: Pick<Predictor, 'predict' | 'isLong' | 'describe'>,
  heavy: Pick<Predictor, 'predict'>,
): Pick<Predictor, 'predict'> => ({
  predict: (model, inputs, options) => {
    const rows = inputs.length * (options?.explain ? RUNS_PER_EXPLANATION : 1);
    const isLong = light.isLong(model, rows, options?.variant);
    if (isHeavy(model, rows, isLong)) return heavy.predict(model, inputs, options);
    // Whatever has no texts, such as rows, becomes tensors at once.
    if (factsOf(model).takesText || !inputs.some((input) => typeof input === 'string'))
      return light.predict(model, inputs, options);
    return andThen(light.describe(model), ({ kind }) =>
      (kindNamed(kind).takesLong?.(inputs) ? heavy : light).predict(model, inputs, options),
    );
  },
});
