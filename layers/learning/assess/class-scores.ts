/** Scores of the classes that are answered for rows, and of those that are answered without looking at the rows. */
import type { Outputs } from '../fit/kept-outputs.ts';
import { type ClassScores, Confusion } from '../metrics/classification.ts';
import { finite } from '../metrics/finite.ts';
import { ProbabilityScores, softmaxInto } from '../metrics/probabilities.ts';
import type { Bin } from '../metrics/reliability.ts';
import type { Naive } from './assessment.ts';
import { answered, type Calibration } from './calibration.ts';
import { Gain } from './gain.ts';

export interface ScoringOf {
  readonly classes: number;
  /** Training rows of each class. */
  readonly counts: Float64Array;
  readonly calibration: Calibration;
}

export interface ScoresOfClasses {
  readonly metrics: Readonly<Record<string, number>>;
  /** [truth][answer]. */
  readonly matrix: readonly (readonly number[])[];
  readonly perClass: readonly ClassScores[];
  readonly reliability: readonly Bin[];
  /** Rows of each class of which there is no row to learn from. */
  readonly unlearned: readonly number[];
  readonly naive: Pick<Naive, 'metrics' | 'gain' | 'standard_error' | 'is_better'>;
}

export class ClassScoring {
  readonly #of: ScoringOf;
  /** Of each class, of the training rows. */
  readonly #shares: Float64Array;
  readonly #lossesOfShares: Float64Array;
  readonly #confusion: Confusion;
  readonly #likely = new ProbabilityScores();
  readonly #gain = new Gain();
  readonly #probabilities: Float64Array;
  /** Of each class. */
  readonly #rows: Float64Array;

  constructor(of: ScoringOf) {
    this.#of = of;
    const total = of.counts.reduce((sum, count) => sum + count, 0);
    this.#shares = of.counts.map((count) => count / Math.max(1, total));
    this.#lossesOfShares = this.#shares.map(lossOf);
    this.#confusion = new Confusion(of.classes);
    this.#probabilities = new Float64Array(of.classes);
    this.#rows = new Float64Array(of.classes);
  }

  add({ values, width, truths }: Omit<Outputs, 'piece'>): void {
    const { counts, calibration } = this.#of;
    const probabilities = this.#probabilities;
    for (let row = 0; row < truths.length; row++) {
      const truth = truths[row]!;
      softmaxInto(probabilities, values, row * width, calibration.temperature);
      this.#confusion.add(truth, answered(probabilities, calibration));
      this.#likely.add(truth, probabilities);
      // Whoever has learned nothing of a class can only guess how likely it is, the naive answer as well.
      if (counts[truth]! > 0) this.#gain.add(this.#lossesOfShares[truth]!, lossOf(probabilities[truth]!));
      this.#rows[truth]!++;
    }
  }

  result(): ScoresOfClasses {
    const { classes, counts } = this.#of;
    // All rows of a class get the same answer.
    const naive = { confusion: new Confusion(classes), likely: new ProbabilityScores() };
    const usual = largest(counts);
    for (const [truth, count] of this.#rows.entries()) {
      naive.confusion.add(truth, usual, count);
      naive.likely.add(truth, this.#shares, count);
    }
    return {
      metrics: { ...this.#confusion.scores(), ...this.#likely.scores() },
      matrix: this.#confusion.matrix(),
      perClass: this.#confusion.perClass(),
      reliability: this.#likely.bins(),
      unlearned: Array.from(this.#rows, (count, i) => (counts[i] === 0 ? count : 0)),
      naive: { metrics: finite({ ...naive.confusion.scores(), ...naive.likely.scores() }), ...this.#gain.result },
    };
  }
}

const lossOf = (probability: number): number => -Math.log(Math.max(Number.EPSILON, probability));

export const largest = (values: Float64Array): number => values.indexOf(Math.max(...values));
