/** What is known of a model: its versions, and its latest job. */
import { z } from 'zod';
import type { Table } from '#domain/ports/table/port.ts';
import { listTextJobs } from '#domain/training/lists.ts';
import type { Job } from '#domain/training/record.ts';
import { modelName } from '../fields.ts';
import { type NamedVersions, versionsOf } from '../versions.ts';
import { typeOf } from './available.ts';

export const MODEL_STATUSES = ['not_trained', 'queued', 'training', 'completed', 'failed', 'stopped'] as const;
type ModelStatus = (typeof MODEL_STATUSES)[number];

export interface KnownModel extends NamedVersions {
  /** The latest, or rather the latest one that is active. */
  readonly job: Job | undefined;
}

/** More than may be active at once, because some may have ended since. */
const LATEST_JOBS = 20;

export async function readKnown(table: Table, accountId: string, name: string): Promise<KnownModel> {
  const [found, jobs] = await Promise.all([
    versionsOf(table, accountId, name),
    listTextJobs(table, accountId, { modelType: name, limit: LATEST_JOBS }),
  ]);
  const active = jobs.records.find(({ ended_at }) => ended_at === undefined);
  return { ...found, job: active ?? jobs.records[0] };
}

/** While a job is active its state; afterwards whether there is a version, or what became of the job. */
export function statusOf({ versions, job }: KnownModel): ModelStatus {
  if (job?.status === 'queued') return 'queued';
  if (job?.status === 'running') return 'training';
  if (versions.length > 0) return 'completed';
  return job?.status === 'failed' || job?.status === 'stopped' ? job.status : 'not_trained';
}

export const modelFacts = {
  name: modelName,
  type: z.enum(['pytorch', 'onnx']),
  trained: z.boolean(),
  path: z
    .string()
    .nullable()
    .meta({ description: 'Of the latest version, in the account; null without one', example: './models/019a0c9b' }),
  status: z.enum(MODEL_STATUSES),
};

const latestOf = ({ versions }: KnownModel) => versions[0];

export const showFacts = (of: KnownModel) => {
  const latest = latestOf(of);
  return {
    name: of.name,
    type: typeOf(of.name),
    trained: latest !== undefined,
    path: latest ? `./models/${latest.model_id}` : null,
    status: statusOf(of),
  };
};

const score = z.number().nullable().meta({ description: 'Of the latest version; null without one', example: 0.94 });
export const shortPerformance = z.strictObject({ accuracy: score, f1_score: score });
export const fullPerformance = z.strictObject({ accuracy: score, f1_score: score, precision: score, recall: score });

const metric = (of: KnownModel, name: string): number | null => latestOf(of)?.metrics[name] ?? null;

export const showShortPerformance = (of: KnownModel): z.input<typeof shortPerformance> => ({
  accuracy: metric(of, 'accuracy'),
  f1_score: metric(of, 'f1_score'),
});

export const showFullPerformance = (of: KnownModel): z.input<typeof fullPerformance> => ({
  ...showShortPerformance(of),
  precision: metric(of, 'precision'),
  recall: metric(of, 'recall'),
});
