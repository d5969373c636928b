/** Predictions of trained models, which are loaded once and kept in memory while there is room. */
import { Faults } from '#domain/faults.ts';
import type { Model } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { openSession, type Session } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { readArtifact } from './serving/artifact.ts';
import { Cache, type Loaded } from './serving/cache.ts';
import { ONNX_FILE, SERVING_FILE, type Serving, serving as servingSchema } from './serving/description.ts';
import { type Row, rowTensors } from './serving/rows.ts';

export type { Cell, Row } from './serving/rows.ts';

/** For a classification, the most probable class. For a regression, a number in the target's unit. */
export type Prediction = { readonly class: string; readonly confidence: number } | { readonly value: number };

export interface Predictor {
  /**
   * One prediction per row, in the same order.
   * @throws ValidationError with fields such as `inputs[3][2]`, NotFoundError if the model was deleted meanwhile
   */
  predict(model: Model, rows: readonly Row[]): Promise<readonly Prediction[]>;
  /** The features, in the order of a row, and the classes. */
  describe(model: Model): Promise<Serving>;
}

export interface PredictorOptions {
  /** The bucket of artifacts. */
  readonly artifacts: Blobs;
  /** The total file size of the models that stay loaded. Default: 512 MiB. */
  readonly maxBytes?: number;
  /** The runtime's threads. Default: one per core. */
  readonly threads?: number;
}

interface LoadedModel extends Loaded {
  readonly serving: Serving;
  readonly session: Session;
}

export function makePredictor({ artifacts, maxBytes = 512 * 2 ** 20, threads }: PredictorOptions): Predictor {
  const cache = new Cache<LoadedModel>(maxBytes);
  const options = threads === undefined ? {} : { threads };

  const load = async (model: Model): Promise<LoadedModel> => {
    const [onnx, description] = await Promise.all([
      readArtifact(artifacts, model, ONNX_FILE),
      readArtifact(artifacts, model, SERVING_FILE),
    ]);
    const serving = servingSchema.parse(JSON.parse(description.toString('utf8')));
    const session = await openSession(onnx, options);
    return { serving, session, bytes: onnx.length, dispose: () => session.dispose() };
  };
  const using = <R>(model: Model, use: (loaded: LoadedModel) => Promise<R>): Promise<R> =>
    cache.use(model.id, () => load(model), use);

  return {
    describe: (model) => using(model, async ({ serving }) => serving),
    predict: (model, rows) =>
      using(model, async ({ serving, session }) => {
        const results = await session.run(rowTensors(serving.features, rows));
        return expectFinite(readings[serving.task](results, serving));
      }),
  };
}

type Reading = (results: Tensors, serving: Serving) => Prediction[];

const readings: Readonly<Record<Serving['task'], Reading>> = {
  classification: ({ label, probabilities }, { classes }) => {
    const { data } = expectTensor('probabilities', probabilities, 'float32');
    return expectTensor('label', label, 'string').data.map((name, row) => ({
      class: name,
      confidence: Math.min(1, Math.max(...data.subarray(row * classes.length, (row + 1) * classes.length))),
    }));
  },
  regression: ({ value }) => Array.from(expectTensor('value', value, 'float64').data, (number) => ({ value: number })),
};

/** Inputs far outside the range of the training data can overflow the network's numbers. */
function expectFinite(predictions: readonly Prediction[]): readonly Prediction[] {
  const faults = new Faults();
  for (const [i, prediction] of predictions.entries()) {
    if (faults.full) break;
    if (Number.isFinite('value' in prediction ? prediction.value : prediction.confidence)) continue;
    faults.add(`inputs[${i}]`, 'must have values near those of the training data; got no finite result');
  }
  faults.throwIfAny();
  return predictions;
}
