import { keptOutputs, type Outputs } from '../fit/kept-outputs.ts';
import type { EncodedRows } from '../fit/rows.ts';
import { finite } from '../metrics/finite.ts';
import { ProbabilityScores, softmaxInto, softmaxOfRows } from '../metrics/probabilities.ts';
import { rocAucOf, rocAucOvr } from '../metrics/roc-auc.ts';
import { Sample } from '../metrics/sample.ts';
import { type Assessment, type AssessSpec, naiveWarnings } from './assessment.ts';
import { type Calibration, LEAST_ROWS, temperatureOf, thresholdOf } from './calibration.ts';
import { ClassScoring, largest, type ScoresOfClasses, type ScoringOf } from './class-scores.ts';
import { scoresWith } from './class-scores-share.ts';
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
  // Where another thread has time and there are outputs at once, it scores them while this one sorts.
  const known = spec.thread && keptOutputs(spec.parameters, rows);
  const scored = (calibration: Calibration) =>
    known && spec.thread && scoresWith(spec.thread, { classes: classes.length, counts, calibration }, known);
  const early = mayBeCalibrated(spec, about) ? undefined : scored({});
  // It is awaited later. Until then, nothing would handle its rejection.
  early?.catch(() => undefined);
  const logits = new Sample(classes.length, about.count);
  for await (const { values, width, truths } of outputsOver(spec, rows)) {
    for (let row = 0; row < truths.length; row++) logits.add(truths[row]!, values, row * width);
  }
  // All rows again, one by one, if they are more than a sample holds.
  const all = () => (logits.sampled.sampled === undefined ? [logits] : outputsOver(spec, rows));
  const calibration = calibrationOf(spec, about, logits);
  const scoring = early ?? scored(calibration) ?? scoresOf(all(), { classes: classes.length, counts, calibration });
  scoring.catch(() => undefined);
  const area = areaOf(logits, calibration.temperature);
  const scores = await scoring;
  const naive = { strategy: 'most_frequent', answer: classes[largest(counts)]!, ...scores.naive } as const;
  return {
    rows: about,
    metrics: finite({ ...scores.metrics, ...area }),
    naive,
    ...logits.sampled,
    classification: {
      classes,
      ...(classes.length <= MATRIX_CLASSES ? { confusion_matrix: scores.matrix } : {}),
      per_class: scores.perClass.map(({ hits: _, ...rest }) => rest),
      reliability: scores.reliability,
      ...(Object.keys(calibration).length > 0 ? { calibration } : {}),
      ...(calibration.temperature === undefined
        ? {}
        : { uncalibrated: await probabilityScoresOf(all(), classes.length) }),
    },
    warnings: [...unlearnedWarnings(scores.unlearned, classes, about), ...naiveWarnings(naive, about.count)],
  };
}

function mayBeCalibrated({ calibrate, threshold }: AssessSpec, { of, count }: Assessment['rows']): boolean {
  return of === 'validation' && count >= LEAST_ROWS && (calibrate || threshold !== undefined);
}

function calibrationOf(spec: AssessSpec, about: Assessment['rows'], logits: Sample): Calibration {
  if (!mayBeCalibrated(spec, about)) return {};
  const { calibrate, threshold } = spec;
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

type Judging = Omit<Outputs, 'piece'>;
type Pieces = AsyncIterable<Judging> | Iterable<Judging>;

async function scoresOf(pieces: Pieces, of: ScoringOf): Promise<ScoresOfClasses> {
  const scoring = new ClassScoring(of);
  for await (const piece of pieces) scoring.add(piece);
  return scoring.result();
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
