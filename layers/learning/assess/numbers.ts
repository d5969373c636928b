import type { EncodedRows } from '../fit/rows.ts';
import { finite } from '../metrics/finite.ts';
import { Errors } from '../metrics/regression.ts';
import { Sample } from '../metrics/sample.ts';
import { type Assessment, type AssessSpec, type Naive, naiveWarnings } from './assessment.ts';
import { Gain } from './gain.ts';
import { intervalsOf } from './intervals.ts';
import { outputsOver } from './outputs.ts';

/** What knows nothing of the features, or of a forecast's only the last one of the target. */
class NaiveNumbers {
  readonly #deviation: number;
  readonly #errors = new Errors();
  readonly #gain = new Gain();
  #squares = 0;

  /** @param deviation of the truths */
  constructor(deviation: number) {
    this.#deviation = deviation;
  }

  add(truth: number, answer: number, predicted: number): void {
    this.#errors.add(truth, answer);
    this.#squares += (truth - answer) ** 2;
    // In deviations: the squares of squares of numbers such as 1e90 are no numbers any more.
    this.#gain.add(((truth - answer) / this.#deviation) ** 2, ((truth - predicted) / this.#deviation) ** 2);
  }

  /** Smaller is better. */
  get squares(): number {
    return this.#squares;
  }

  get result(): Pick<Naive, 'metrics' | 'gain' | 'standard_error' | 'is_better'> {
    const { gain, standard_error, is_better } = this.#gain.result;
    const unit = this.#deviation ** 2;
    return {
      metrics: finite(this.#errors.scores()),
      gain: gain * unit,
      standard_error: standard_error * unit,
      is_better,
    };
  }
}

export async function assessNumbers(
  spec: AssessSpec,
  rows: EncodedRows,
  about: Assessment['rows'],
): Promise<Assessment> {
  const { mean, deviation } = spec.preparation.scale;
  const [errors, distances, distance] = [new Errors(), new Sample(1, about.count), new Float64Array(1)];
  const [byMean, byLast] = [new NaiveNumbers(deviation), new NaiveNumbers(deviation)];
  for await (const { values, width, truths, piece } of outputsOver(spec, rows)) {
    const last = spec.lastValues?.(piece);
    for (let row = 0; row < truths.length; row++) {
      const [truth, predicted] = [truths[row]! * deviation + mean, values[row * width]! * deviation + mean];
      errors.add(truth, predicted);
      byMean.add(truth, mean, predicted);
      if (last) byLast.add(truth, last[row]!, predicted);
      distance[0] = Math.abs(truth - predicted);
      distances.add(0, distance, 0);
    }
  }
  const compared: Naive =
    spec.lastValues && byLast.squares < byMean.squares
      ? { strategy: 'last_value', answer: null, ...byLast.result }
      : { strategy: 'mean', answer: mean, ...byMean.result };
  return {
    rows: about,
    metrics: finite(errors.scores()),
    naive: compared,
    ...distances.sampled,
    // Errors on rows that were learned from are too small.
    regression: { intervals: about.of === 'validation' ? intervalsOf(distances.values) : [] },
    warnings: naiveWarnings(compared, about.count),
  };
}
