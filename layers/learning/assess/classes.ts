import type { Outputs } from '../fit/kept-outputs.ts';
import type { EncodedRows } from '../fit/rows.ts';
import { rememberAnswers } from '../metrics/answers.ts';
import { Confusion } from '../metrics/classification.ts';
import { finite } from '../metrics/finite.ts';
import { ProbabilityScores, softmaxInto, softmaxOfRows } from '../metrics/probabilities.ts';
import { rocAucOf, rocAucOvr } from '../metrics/roc-auc.ts';
import { Sample } from '../metrics/sample.ts';
import { type Assessment, type AssessSpec, naiveWarnings } from './assessment.ts';
import { answered, type Calibration, LEAST_ROWS, temperatureOf, thresholdOf } from './calibration.ts';
import { Gain } from './gain.ts';
import { outputsOver } from './outputs.ts';

/** Of more, a matrix is no longer something to read. */
const MATRIX_CLASSES = 100;

interface Judged {
  readonly rows: EncodedRows;
  readonly about: Assessment['rows'];
  /** Training rows of each class. */
  readonly counts: Float64Array;
}

export async function assessClasses(spec: AssessSpec, { rows, about, counts }: Judged): Promise<Assessment> {
  const { classes } = spec.preparation;
  const logits = new Sample(classes.length);
  for await (const { values, width, truths } of outputsOver(spec, rows)) {
    for (let row = 0; row < truths.length; row++) logits.add(truths[row]!, values, row * width);
  }
  // All rows again, one by one, if they are more than a sample holds.
  const all = () => (logits.sampled.sampled === undefined ? [logits] : outputsOver(spec, rows));
  const calibration = calibrationOf(spec, about, logits);
  const scores = await scoresOf(all(), { classes: classes.length, counts, calibration });
  const naive = { strategy: 'most_frequent', answer: classes[largest(counts)]!, ...scores.naive } as const;
  return {
    rows: about,
    metrics: finite({ ...scores.metrics, ...areaOf(logits, calibration.temperature) }),
    naive,
    ...logits.sampled,
    classification: {
      classes,
      ...(classes.length <= MATRIX_CLASSES ? { confusion_matrix: scores.confusion.matrix() } : {}),
      per_class: scores.confusion.perClass().map(({ hits: _, ...rest }) => rest),
      reliability: scores.reliability,
      ...(Object.keys(calibration).length > 0 ? { calibration } : {}),
      ...(calibration.temperature === undefined
        ? {}
        : { uncalibrated: await probabilityScoresOf(all(), classes.length) }),
    },
    warnings: [...unlearnedWarnings(scores.unlearned, classes, about), ...naiveWarnings(naive, about.count)],
  };
}

function calibrationOf({ calibrate, threshold }: AssessSpec, { of, count }: Assessment['rows'], logits: Sample) {
  if (of === 'training' || count < LEAST_ROWS) return {};
  const temperature = calibrate ? { temperature: temperatureOf(logits) } : {};
  if (threshold === undefined || logits.width !== 2) return temperature;
  const { truths } = logits;
  const likely = softmaxOfRows(logits.values, logits.width, temperature.temperature).filter((_, i) => i % 2 === 1);
  return { ...temperature, threshold: thresholdOf(truths, likely, threshold) };
}

function areaOf(logits: Sample, temperature?: number) {
  const { truths, values, width } = logits;
  const likely = softmaxOfRows(values, width, temperature);
  return width === 2 ? { roc_auc: rocAucOf(truths, likely, 2, 1) } : { roc_auc_ovr: rocAucOvr(truths, likely, width) };
}

interface Scoring {
  readonly classes: number;
  readonly counts: Float64Array;
  readonly calibration: Calibration;
}

type Judging = Omit<Outputs, 'piece'>;
type Pieces = AsyncIterable<Judging> | Iterable<Judging>;

async function scoresOf(pieces: Pieces, { classes, counts, calibration }: Scoring) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => count / Math.max(1, total));
  const usual = largest(counts);
  const [confusion, likely, gain] = [new Confusion(classes), new ProbabilityScores(), new Gain()];
  const probabilities = new Float64Array(classes);
  const lossesOfShares = shares.map(lossOf);
  const rows = new Float64Array(classes);
  for await (const { values, width, truths } of pieces) {
    const [answers, confidences] = [new Int32Array(truths.length), new Float64Array(truths.length)];
    for (let row = 0; row < truths.length; row++) {
      const truth = truths[row]!;
      softmaxInto(probabilities, values, row * width, calibration.temperature);
      const answer = answered(probabilities, calibration);
      answers[row] = answer;
      confidences[row] = probabilities[answer]!;
      confusion.add(truth, answer);
      likely.add(truth, probabilities);
      // Whoever has learned nothing of a class can only guess how likely it is, the naive answer as well.
      if (counts[truth]! > 0) gain.add(lossesOfShares[truth]!, lossOf(probabilities[truth]!));
      rows[truth]!++;
    }
    rememberAnswers(values, calibration, { answers, confidences });
  }
  // All rows of a class get the same answer.
  const naive = { confusion: new Confusion(classes), likely: new ProbabilityScores() };
  for (const [truth, count] of rows.entries()) {
    naive.confusion.add(truth, usual, count);
    naive.likely.add(truth, shares, count);
  }
  return {
    confusion,
    metrics: { ...confusion.scores(), ...likely.scores() },
    reliability: likely.bins(),
    unlearned: Array.from(rows, (count, i) => (counts[i] === 0 ? count : 0)),
    naive: { metrics: finite({ ...naive.confusion.scores(), ...naive.likely.scores() }), ...gain.result },
  };
}

/** How many classes a warning names. */
const MOST_NAMED = 10;

/** @param rows of each class of which there is no row to learn from */
function unlearnedWarnings(
  rows: readonly number[],
  classes: readonly string[],
  { count }: Assessment['rows'],
): string[] {
  const unlearned = classes.filter((_, i) => rows[i]! > 0);
  if (unlearned.length === 0) return [];
  const named = unlearned.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
  const more = unlearned.length > MOST_NAMED ? ` and ${unlearned.length - MOST_NAMED} more` : '';
  const missed = rows.reduce((sum, one) => sum + one, 0);
  return [
    `No row to learn from has ${unlearned.length === 1 ? 'the class' : 'one of the classes'} ${named.join(', ')}${more}: the split put all of them into the rows kept back. The model cannot answer so, and ${missed} of the ${count} rows that it is judged by count as wrong`,
  ];
}

/** Without a temperature. */
async function probabilityScoresOf(pieces: Pieces, classes: number) {
  const likely = new ProbabilityScores();
  const probabilities = new Float64Array(classes);
  for await (const { values, width, truths } of pieces) {
    for (let row = 0; row < truths.length; row++) {
      softmaxInto(probabilities, values, row * width);
      likely.add(truths[row]!, probabilities);
    }
  }
  return likely.scores();
}

const lossOf = (probability: number): number => -Math.log(Math.max(Number.EPSILON, probability));

const largest = (values: Float64Array): number => values.indexOf(Math.max(...values));
