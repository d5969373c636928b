/** The model card of a model of texts, in Markdown. Only facts. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Job } from '#domain/training/record.ts';
import type { Fit } from '../fit/fit.ts';
import { cell, code, line } from '../serving/markdown.ts';
import type { DecisionRule } from './description.ts';
import type { Evaluation } from './evaluation.ts';
import type { TextPlan } from './recipe.ts';

/** What a training on texts made, as its card tells it. */
export interface TextTraining {
  readonly job: Job;
  readonly profile: DatasetProfile;
  readonly plan: TextPlan;
  readonly fit: Fit;
  readonly evaluation: Evaluation;
  readonly warnings: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface TextCardFacts extends TextTraining {
  readonly rule: DecisionRule;
  readonly parameters: number;
  readonly version: string;
}

function overDefence({ over_defence: found }: Evaluation): string {
  if (!found) return '';
  return `\nOf ${found.texts} harmless texts with words that attacks have, ${found.taken_for_attacks} were taken for attacks.\n`;
}

function variantOf({ int8 }: Evaluation): string {
  if (!int8) return '';
  const percent = (share: number) => `${Number((100 * share).toFixed(2))} %`;
  return `\n\`model.int8.onnx\` computes with integers of 8 bits: ${int8.bytes} bytes instead of ${int8.float32_bytes}. Of ${int8.rows} rows, ${percent(int8.same_label)} get the same label; ${percent(int8.accuracy)} are right, with float32 ${percent(int8.float32_accuracy)}.\n`;
}

export function textCard(facts: TextCardFacts): string {
  const { job, profile, rule, plan, fit, evaluation, createdAt } = facts;
  const { prepared } = plan;
  const { training, validation } = prepared.rows;
  const judged =
    validation > 0 ? `${validation} rows that were kept back` : `the ${training} rows that it learned from`;
  const number = (value: number | null): string =>
    value === null ? 'not known' : String(Number(value.toPrecision(6)));
  const scores = Object.entries(evaluation).filter(
    (one): one is [string, number | null] => typeof one[1] !== 'object' || one[1] === null,
  );
  return `# ${line(job.model_name)}

A ${job.model_type} that classifies texts. Made by Trainyard ${facts.version} on ${createdAt} in job ${job.id}.

## Data

Dataset ${line(job.dataset_name)} (${job.dataset_id}), SHA-256 \`${profile.sha256}\`: ${training + validation} texts, of which ${training} were learned from and ${validation} kept back${prepared.splitBy === 'source' ? ', all of their sources' : ''}.

## Input

${plan.reads}

| Label | Texts | Threshold |
| --- | --- | --- |
${rule.labels
  .map(
    (label) =>
      `| ${code(label)} | ${profile.classes?.find(({ value }) => value === label)?.count ?? 0} | ${number(rule.thresholds[label]!)} |`,
  )
  .join('\n')}

## Training

${facts.parameters} parameters. ${fit.history.loss?.length ?? 0} epochs were run; the weights are those of epoch ${fit.bestEpoch}, the best by ${code(fit.monitor)}.

| Hyperparameter | Value |
| --- | --- |
${Object.entries(job.hyperparameters)
  .map(([name, value]) => `| ${name} | ${cell(JSON.stringify(value))} |`)
  .join('\n')}

## Performance

On ${judged}:

| Metric | Value |
| --- | --- |
${scores.map(([name, value]) => `| ${name} | ${number(value)} |`).join('\n')}
${overDefence(evaluation)}${variantOf(evaluation)}${[...facts.warnings, ...evaluation.warnings].map((warning) => `\n${line(warning)}.\n`).join('')}`;
}
