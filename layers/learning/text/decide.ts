/** What a model says of a text, from the probabilities of its labels and their thresholds: where it predicts, and where it is judged. */
import type { DecisionRule } from './description.ts';

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
