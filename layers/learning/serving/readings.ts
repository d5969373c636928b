/** What the outputs of a model mean, by its task. */
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { NO_PROBABILITIES, type Serving } from './description.ts';
import type { Prediction, PredictionOptions } from './prediction.ts';

type Reading = (results: Tensors, serving: Serving, options: PredictionOptions) => Prediction[];

export const readings: Readonly<Record<Serving['task'], Reading>> = {
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

/**
 * Inputs far outside the range of the training data can overflow the network's numbers. Of an imported model's data nothing
 * is known; it may also have no answer for a missing value.
 */
export function expectFinite(predictions: readonly Prediction[], imported: boolean): readonly Prediction[] {
  const wanted = imported ? 'for which the model answers a number' : 'near those of the training data';
  const faults = new Faults();
  for (const [i, prediction] of predictions.entries()) {
    if (faults.full) break;
    if (hasFiniteNumbers(prediction)) continue;
    faults.add(`inputs[${i}]`, `must have values ${wanted}; got no finite result`);
  }
  faults.throwIfAny();
  return predictions;
}
