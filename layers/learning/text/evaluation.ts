/** Calibrates the thresholds of a classifier of texts by its probabilities, and judges it by the labels that it predicts with them. */
import { decide } from './decide.ts';
import { DEFAULT_THRESHOLD, ruleOf } from './description.ts';
import { bestThreshold, recallAtFalsePositiveRate, rocAuc, type Scored } from './detection.ts';
import type { Int8Report } from './int8.ts';
import type { OverDefence } from './over-defence.ts';

export interface Judged {
  readonly labels: readonly string[];
  readonly benignLabel: string;
  /** [rows, labels], row-major. */
  readonly probabilities: Float32Array;
  /** The place of each row's label. */
  readonly truths: Int32Array;
}

export type ClassReport = {
  precision: number;
  recall: number;
  f1_score: number;
  support: number;
};

/** As JSON that is stored with a model. */
export interface Evaluation {
  rows: number;
  accuracy: number;
  precision_macro: number;
  recall_macro: number;
  f1_macro: number;
  precision_weighted: number;
  recall_weighted: number;
  f1_weighted: number;
  /** Null without rows of both kinds, attacks and harmless ones. */
  recall_at_1_percent_fpr: number | null;
  recall_at_0_1_percent_fpr: number | null;
  roc_auc: number | null;
  per_class: { [label: string]: ClassReport };
  confusion_matrix: { labels: string[]; counts: number[][] };
  /** Null for a label of which there were too few rows to tell, or too few others. */
  thresholds: { [label: string]: number | null };
  /** Null without a label for harmless texts; absent in a model of an earlier release. */
  over_defence?: OverDefence | null;
  /** What the variant of 8 bits costs; absent in a model of an earlier release. */
  int8?: Int8Report;
  warnings: string[];
}

/** With fewer harmless texts, a rate of false positives cannot be told from 0. */
const ENOUGH = { onePercent: 100, onePerMille: 1000 };
/** With fewer rows of a label, or of others, the best threshold for them says nothing about other texts. */
const CALIBRATION_ROWS = 10;

export function evaluateTexts(judged: Judged): Evaluation {
  const { labels, truths } = judged;
  const attacks = attackScores(judged);
  const thresholds = Object.fromEntries(labels.map((label, i) => [label, thresholdOf(scoresOf(judged, i))]));
  const counts = confusionOf(judged, thresholds);
  const reports = labels.map((_, label) => reportOf(counts, label));
  const occurring = reports.filter(({ support }, label) => support > 0 || counts.some((row) => row[label]! > 0));
  return {
    rows: truths.length,
    accuracy: share(
      labels.reduce((sum, _, label) => sum + counts[label]![label]!, 0),
      truths.length,
    ),
    ...averages('macro', occurring, () => 1),
    ...averages('weighted', occurring, ({ support }) => support),
    recall_at_1_percent_fpr: attacks && recallAtFalsePositiveRate(attacks, 0.01),
    recall_at_0_1_percent_fpr: attacks && recallAtFalsePositiveRate(attacks, 0.001),
    roc_auc: attacks && rocAuc(attacks),
    per_class: Object.fromEntries(labels.map((label, i) => [label, reports[i]!])),
    confusion_matrix: { labels: [...labels], counts },
    thresholds,
    warnings: [...warningsOf(judged, attacks), ...calibrationWarnings(judged, thresholds)],
  };
}

/** [true, predicted], as predictions are made. */
function confusionOf(
  { labels, benignLabel, probabilities, truths }: Judged,
  thresholds: Evaluation['thresholds'],
): number[][] {
  const rule = ruleOf(labels, benignLabel, thresholds);
  const counts = labels.map(() => labels.map(() => 0));
  for (const [row, truth] of truths.entries()) {
    const { label } = decide(probabilities.subarray(row * labels.length, (row + 1) * labels.length), rule);
    counts[truth]![labels.indexOf(label)]!++;
  }
  return counts;
}

function reportOf(counts: readonly (readonly number[])[], label: number): ClassReport {
  const hits = counts[label]![label]!;
  const support = counts[label]!.reduce((sum, count) => sum + count, 0);
  const predicted = counts.reduce((sum, row) => sum + row[label]!, 0);
  const [precision, recall] = [share(hits, predicted), share(hits, support)];
  return { precision, recall, f1_score: share(2 * precision * recall, precision + recall), support };
}

function averages<K extends 'macro' | 'weighted'>(
  kind: K,
  reports: readonly ClassReport[],
  weightOf: (report: ClassReport) => number,
) {
  const total = reports.reduce((sum, report) => sum + weightOf(report), 0);
  const mean = (field: 'precision' | 'recall' | 'f1_score') =>
    share(
      reports.reduce((sum, report) => sum + weightOf(report) * report[field], 0),
      total,
    );
  return {
    [`precision_${kind}`]: mean('precision'),
    [`recall_${kind}`]: mean('recall'),
    [`f1_${kind}`]: mean('f1_score'),
  } as Record<`${'precision' | 'recall' | 'f1'}_${K}`, number>;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The probability of each row's being an attack. Undefined unless there are rows of both kinds. */
function attackScores({ labels, benignLabel, probabilities, truths }: Judged): Scored[] | null {
  const benign = labels.indexOf(benignLabel);
  const scored = Array.from(truths, (truth, row) => ({
    score: 1 - (probabilities[row * labels.length + benign] ?? 0),
    positive: truth !== benign,
  }));
  const attacks = scored.filter(({ positive }) => positive).length;
  return benign < 0 || attacks === 0 || attacks === scored.length ? null : scored;
}

function thresholdOf(scored: readonly Scored[]): number | null {
  const positives = scored.filter(({ positive }) => positive).length;
  return Math.min(positives, scored.length - positives) < CALIBRATION_ROWS ? null : bestThreshold(scored);
}

/** One class against the others. */
const scoresOf = ({ labels, probabilities, truths }: Judged, label: number): Scored[] =>
  Array.from(truths, (truth, row) => ({
    score: probabilities[row * labels.length + label]!,
    positive: truth === label,
  }));

function warningsOf({ benignLabel, truths }: Judged, attacks: readonly Scored[] | null): string[] {
  if (attacks === null) {
    return [
      `There were no rows with the label ${benignLabel}, or no others, among the ${truths.length} that the model was judged by: recall at a rate of false positives and ROC AUC are null`,
    ];
  }
  const harmless = attacks.filter(({ positive }) => !positive).length;
  const few = (rate: string) =>
    `Recall at ${rate} false positives is that without any, because there were only ${harmless} rows with the label ${benignLabel}`;
  if (harmless < ENOUGH.onePercent) return [few('1 % and 0.1 %')];
  return harmless < ENOUGH.onePerMille ? [few('0.1 %')] : [];
}

function calibrationWarnings({ labels }: Judged, thresholds: Evaluation['thresholds']): string[] {
  const uncalibrated = labels.filter((label) => thresholds[label] === null);
  if (uncalibrated.length === 0) return [];
  return [
    `There were fewer than ${CALIBRATION_ROWS} rows to calibrate the threshold of ${uncalibrated.join(', ')} by: it is ${DEFAULT_THRESHOLD}`,
  ];
}
