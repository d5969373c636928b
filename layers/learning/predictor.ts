/** Predictions of trained models, which are loaded once and kept in memory while there is room. */
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { openSession, RuntimeError, type SessionOptions } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { IMPORTED_FILE } from './files/names.ts';
import { kindNamed } from './kinds.ts';
import { readArtifact } from './serving/artifact.ts';
import { Cache, type Loaded } from './serving/cache.ts';
import { NO_PROBABILITIES, SERVING_FILE, type Serving, VARIANT_FILES, type Variant } from './serving/description.ts';
import { type Explanation as Contributed, explain } from './serving/explain.ts';
import type { Input } from './serving/input.ts';
import { SharedRuns } from './serving/shared-runs.ts';
import { readReference, readServing } from './serving/stored.ts';
import { type Basis, typicalValues } from './serving/typical.ts';
import { isHeavy, SMALL_MODEL_BYTES } from './serving/weight.ts';
import { takesText } from './text/description.ts';
import { makeTextPredictor, type TextPredictor } from './text/predictor.ts';

export type { Cell, Input, Row } from './serving/input.ts';

/** For a classification, the most probable class. For a regression, a number in the target's unit. For labels, those that the row has. */
export type Prediction = ClassPrediction | ValuePrediction | LabelsPrediction;

export interface Explanation extends Contributed {
  /** What the row is compared with. */
  readonly basis: Basis;
}

export interface ValuePrediction {
  readonly value: number;
  readonly explanation?: Explanation;
  /** Where the truth is as often as was asked for, in the target's unit. */
  readonly interval?: [low: number, high: number];
}

/** Any number of labels, the most probable first. */
export interface LabelsPrediction {
  readonly labels: { readonly label: string; readonly confidence: number }[];
  /** Of each label, also of those that are not answered, where they were asked for. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly explanation?: Explanation;
}

export interface ClassPrediction {
  readonly class: string;
  readonly confidence: number;
  /** Of each class, in the order of the model's classes, where they were asked for. */
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly explanation?: Explanation;
}

export interface PredictionOptions {
  /** Of all classes; a regression has none. Default: false. */
  readonly probabilities?: boolean;
  /** How much each part of a row contributes to the class's probability, or to the value. Not of texts. Default: false. */
  readonly explain?: boolean;
  /** With `explain`: the row to compare with. Default: a typical one of the training data. */
  readonly reference?: Input | undefined;
  /** How often the truth is to lie within the interval of a regression. Default: no interval. */
  readonly interval?: number;
  /** Which of its files predicts. Default: `float32`. */
  readonly variant?: Variant;
}

export interface Predictor {
  /**
   * One prediction per input, in the same order. An input of a model of texts is a list of one text.
   * @throws ValidationError with fields such as `inputs[3][2]`, NotFoundError if the model was deleted meanwhile
   */
  predict(model: ServedModel, inputs: readonly Input[], options?: PredictionOptions): Promise<readonly Prediction[]>;
  /** The features, in the order of a row, and the classes. The model itself is not loaded. Throws `NotFoundError`. */
  describe(model: ServedModel): Promise<Serving>;
}

export interface PredictorOptions {
  /** The bucket of artifacts. */
  readonly artifacts: Blobs;
  /** The total file size of the models that stay loaded. Default: 512 MiB. */
  readonly maxBytes?: number;
  /** How many models stay loaded. Default: 256. */
  readonly maxModels?: number;
  /** The runtime's threads. Default: one for a small model, which others would only hold up, or else one per core. */
  readonly threads?: number;
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
}: PredictorOptions): Predictor {
  const cache = new Cache<LoadedModel>({ bytes: maxBytes, count: maxModels });
  const optionsFor = (bytes: number): SessionOptions => {
    const wanted = threads ?? (bytes <= SMALL_MODEL_BYTES ? 1 : undefined);
    return wanted === undefined ? {} : { threads: wanted };
  };

  const descriptions = new Cache<Description>({ bytes: DESCRIPTION_BYTES, count: maxModels });
  const describe = (model: ServedModel): Promise<Serving> =>
    descriptions.use(
      model.id,
      async () => {
        const bytes = model.artifacts.find(({ file }) => file === SERVING_FILE)?.size ?? 0;
        return { serving: await readServing(artifacts, model), bytes, dispose: async () => {} };
      },
      async ({ serving }) => serving,
    );

  const texts = makeTextPredictor({ artifacts });

  const load = async (model: ServedModel, variant: Variant): Promise<LoadedModel> => {
    const serving = await describe(model);
    const onnx = await readArtifact(artifacts, model, VARIANT_FILES[variant]);
    const session = await openSession(onnx, optionsFor(onnx.length));
    const runs = new SharedRuns((feeds) => session.run(feeds));
    return { serving, runs, bytes: onnx.length, dispose: () => session.dispose() };
  };
  const using = <R>(model: ServedModel, variant: Variant, use: (loaded: LoadedModel) => Promise<R>): Promise<R> =>
    cache.use(`${model.id} ${variant}`, () => load(model, variant), use);

  return {
    describe,
    predict: async (model, inputs, options = {}) => {
      const { variant = 'float32' } = options;
      expectVariant(model, variant);
      if (takesText(model)) return classesOf(texts, model, inputs, options);
      return using(model, variant, async ({ serving, runs }) => {
        const kind = kindNamed(serving.kind);
        if (options.explain) kind.explainer.expect(serving, inputs.length);
        const feeds = await kind.tensors(serving, inputs);
        const results = await refusals(model, () => runs.run(feeds, inputs.length));
        const predictions = expectFinite(readings[serving.task](results, serving, options));
        if (!options.explain) return predictions;
        const { reference, basis } = typicalValues(serving, {
          ...{ given: options.reference, reference: await readReference(artifacts, model) },
          ...{ takesMissing: !isImported(model), rows: feeds, count: inputs.length },
        });
        const cut = kind.explainer.cut(serving, feeds, reference);
        const run = (some: Tensors, count: number) => runs.run(some, count);
        const explanations = await explain({ serving, cut, run }, results);
        return predictions.map((prediction, i) => ({ ...prediction, explanation: { basis, ...explanations[i]! } }));
      });
    },
  };
}

function expectVariant({ artifacts }: ServedModel, variant: Variant): void {
  if (variant === 'float32' || artifacts.some(({ file }) => file === VARIANT_FILES[variant])) return;
  throw ValidationError.of('variant', `must be float32: the model was trained without ${variant}`);
}

const isImported = ({ artifacts }: ServedModel): boolean => artifacts.some(({ file }) => file === IMPORTED_FILE);

/** A model of others may refuse values, such as a word that it does not know. */
async function refusals<T>(model: ServedModel, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RuntimeError) || !isImported(model)) throw error;
    throw ValidationError.of('inputs', `must be values that the imported model takes; it says: ${error.message}`);
  }
}

async function classesOf(
  texts: TextPredictor,
  model: ServedModel,
  inputs: readonly Input[],
  { probabilities: wanted = false, explain: isToExplain = false, variant }: PredictionOptions,
): Promise<Prediction[]> {
  if (isToExplain) throw ValidationError.of('explain', 'must be false for a model of texts; got true');
  const found = await texts.predict(
    model,
    inputs.map((row) => String(Object.values(row)[0] ?? '')),
    variant,
  );
  return found.map(({ label, score, scores }) => ({
    class: label,
    confidence: score,
    ...(wanted ? { probabilities: scores } : {}),
  }));
}

/** About as many for a model of a hundred features. */
const RUNS_PER_EXPLANATION = 800;

/** Makes predictions that take long with the other predictor. */
export const dividedByWeight = (
  light: Pick<Predictor, 'predict'>,
  heavy: Pick<Predictor, 'predict'>,
): Pick<Predictor, 'predict'> => ({
  predict: (model, inputs, options) =>
    (isHeavy(model, inputs.length * (options?.explain ? RUNS_PER_EXPLANATION : 1)) ? heavy : light).predict(
      model,
      inputs,
      options,
    ),
});

type Reading = (results: Tensors, serving: Serving, options: PredictionOptions) => Prediction[];

const readings: Readonly<Record<Serving['task'], Reading>> = {
  classification: ({ label, probabilities }, { classes }, { probabilities: wanted = false, interval }) => {
    if (interval !== undefined) throw ValidationError.of('interval', 'must be left out: the model answers classes');
    const { data } = expectTensor('probabilities', probabilities, 'float32');
    return expectTensor('label', label, 'string').data.map((name, row) => {
      const first = row * classes.length;
      const index = classes.indexOf(name);
      // A model of others may have other words for its labels than it has for its classes.
      const confidence = index < 0 ? Math.max(...data.subarray(first, first + classes.length)) : data[first + index]!;
      return {
        class: name,
        confidence: Math.min(1, confidence),
        ...(wanted ? { probabilities: byClass(classes, data, first) } : {}),
      };
    });
  },
  multilabel: ({ labels, probabilities }, { classes }, { probabilities: wanted = false, interval }) => {
    if (interval !== undefined) throw ValidationError.of('interval', 'must be left out: the model answers labels');
    const { data, shape } = expectTensor('probabilities', probabilities, 'float32');
    const answered = expectTensor('labels', labels, 'bool').data;
    return Array.from({ length: shape[0]! }, (_, row) => {
      const first = row * classes.length;
      const found = classes.flatMap((label, i) =>
        answered[first + i] ? [{ label, confidence: Math.min(1, data[first + i]!) }] : [],
      );
      return {
        labels: found.sort((a, b) => b.confidence - a.confidence),
        ...(wanted || !Number.isFinite(data[first]!) ? { probabilities: byClass(classes, data, first) } : {}),
      };
    });
  },
  regression: ({ value }, { intervals = [] }, { interval, probabilities = false }) => {
    if (probabilities) throw ValidationError.of('probabilities', NO_PROBABILITIES);
    const { data } = expectTensor('value', value, 'float64');
    const width = interval === undefined ? undefined : widthOf(intervals, interval);
    return Array.from(data, (number) => ({
      value: number,
      ...(width === undefined ? {} : { interval: [number - width, number + width] }),
    }));
  },
};

/** By `fromEntries`, which makes `__proto__` a name like any other. */
const byClass = (classes: readonly string[], values: Float32Array, from: number): Readonly<Record<string, number>> =>
  Object.fromEntries(classes.map((name, i) => [name, Math.min(1, values[from + i]!)]));

/** Throws `ValidationError` for a coverage for which the model has seen too few rows. */
function widthOf(intervals: NonNullable<Serving['intervals']>, wanted: number): number {
  const found = intervals.find(({ coverage }) => coverage === wanted);
  if (found) return found.width;
  const known = intervals.map(({ coverage }) => coverage).join(', ');
  throw ValidationError.of(
    'interval',
    intervals.length === 0
      ? 'must be left out: the model was trained without validation rows, or before there were intervals'
      : `must be one of ${known}, for which the model had enough validation rows; got ${wanted}`,
  );
}

function hasFiniteNumbers(prediction: Prediction): boolean {
  if ('labels' in prediction) return Object.values(prediction.probabilities ?? {}).every(Number.isFinite);
  return Number.isFinite('value' in prediction ? prediction.value : prediction.confidence);
}

/** Inputs far outside the range of the training data can overflow the network's numbers. */
function expectFinite(predictions: readonly Prediction[]): readonly Prediction[] {
  const faults = new Faults();
  for (const [i, prediction] of predictions.entries()) {
    if (faults.full) break;
    if (hasFiniteNumbers(prediction)) continue;
    faults.add(`inputs[${i}]`, 'must have values near those of the training data; got no finite result');
  }
  faults.throwIfAny();
  return predictions;
}
