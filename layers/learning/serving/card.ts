/** A model card in Markdown: what the model is, what it was made from and how good it is. Only facts. */

import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Job } from '#domain/training/record.ts';
import type { Serving } from './description.ts';
import { cell, code, line } from './markdown.ts';

/** What a network learns from, one by one. */
export type Unit = 'rows' | 'texts' | 'images' | 'windows';

/** What the kind says of the model's inputs. */
export interface InputFacts {
  /** In Markdown. */
  readonly table: string;
  readonly note: string;
}

export interface CardFacts {
  readonly job: Job;
  readonly profile: DatasetProfile;
  readonly serving: Serving;
  readonly inputs: InputFacts;
  readonly leftOut: readonly string[];
  readonly parameters: number;
  /** What is counted in `rows`. */
  readonly unit: Unit;
  readonly rows: { readonly training: number; readonly validation: number; readonly test: number };
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly monitor: string;
  readonly performance: Readonly<Record<string, number>>;
  /** The scores on the test rows, if there are any. */
  readonly tested?: Readonly<Record<string, number>>;
  readonly createdAt: string;
  readonly version: string;
}

export function modelCard(facts: CardFacts): string {
  const { job, profile, serving, rows, unit } = facts;
  const judged =
    rows.validation > 0 ? `${rows.validation} validation ${unit}` : `the ${rows.training} training ${unit}`;
  const leftOut = facts.leftOut.length === 0 ? '' : `\nLeft out: ${facts.leftOut.map(code).join(', ')}.\n`;
  return `# ${line(job.model_name)}

A ${job.model_type} for ${serving.task}, predicting ${code(serving.target)}. Made by Trainyard ${facts.version} on ${facts.createdAt} in job ${job.id}.

## Data

Dataset ${line(job.dataset_name)}${job.dataset_version === undefined ? '' : `, version ${job.dataset_version}`} (${job.dataset_id}), SHA-256 \`${profile.sha256}\`: ${counts(facts)}.

${facts.inputs.table}
${leftOut}
${facts.inputs.note}
${serving.classes.length > 0 ? `\n${serving.task === 'multilabel' ? 'Labels, of which a row has any number' : 'Classes'}: ${serving.classes.map(code).join(', ')}.\n` : ''}
${warnings(facts.profile)}## Training

${facts.parameters} parameters. ${weights(facts)}

| Hyperparameter | Value |
| --- | --- |
${Object.entries(job.hyperparameters)
  .map(([name, value]) => `| ${name} | ${cell(JSON.stringify(value))} |`)
  .join('\n')}

## Performance

On ${judged}:

${scores(facts.performance)}
${facts.tested ? `\nOn ${rows.test} test ${unit}, which decided nothing:\n\n${scores(facts.tested)}\n` : ''}`;
}

/** Windows overlap: there may be more of them than rows. */
function counts({ profile, rows: { training, validation, test }, unit }: CardFacts): string {
  const split = `${training} were learned from, ${validation} kept back for validation, ${test} for a test`;
  const without = `${profile.rows_without_target} had no target`;
  return unit === 'windows'
    ? `${profile.rows} rows, of which ${without}. Of the windows of the others, ${split}`
    : `${profile.rows} ${unit}, of which ${split}, and ${without}`;
}

const scores = (of: CardFacts['performance']): string =>
  [
    '| Metric | Value |',
    '| --- | --- |',
    ...Object.entries(of).map(([name, value]) => `| ${name} | ${Number(value.toPrecision(6))} |`),
  ].join('\n');

function warnings({ warnings: all = [] }: DatasetProfile): string {
  if (all.length === 0) return '';
  const rows = all.map(({ column, first_value, rows: count, message, cost }) => {
    const about = [column === null ? '' : code(column), first_value === null ? '' : code(first_value), count];
    return `| ${[...about, cell(message), cell(cost)].join(' | ')} |`;
  });
  return `### What was decided about the data

| Column | First value | Rows | Finding | Cost |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

`;
}

const weights = ({ epochs, bestEpoch, monitor }: Pick<CardFacts, 'epochs' | 'bestEpoch' | 'monitor'>): string =>
  bestEpoch === 0
    ? 'The training was ended within its first epoch.'
    : `${epochs} epochs were run; the weights are those of epoch ${bestEpoch}, the best by ${code(monitor)}.`;
