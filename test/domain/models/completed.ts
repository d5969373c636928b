import { blobKeys } from '#domain/blob-keys.ts';
import { newId } from '#domain/ids.ts';
import { type Completed, completeJob } from '#domain/models/change.ts';
import type { TrainedModel } from '#domain/models/record.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { Job } from '#domain/training/record.ts';
import { AT, NOW } from '../store.ts';

export const LAST = {
  current_epoch: 2,
  metrics: { loss: 0.4, val_loss: 0.6 },
  compute_seconds: 7.5,
  estimated_cost: 0.0075,
};

/** Ends a running job with a model, as a trainer does once it has written the files. */
export async function completed(
  table: Table,
  job: Job,
  given: Partial<TrainedModel> = {},
): Promise<Completed | undefined> {
  const id = newId(NOW);
  await table.transact([markOrphaned('artifacts', blobKeys.modelPrefix(job.account_id, id), NOW)]);
  const { account_id, hyperparameters, model_type, task, dataset_id } = job;
  const made: TrainedModel = {
    ...{ id, account_id, name: job.model_name, job_id: job.id, dataset_id },
    ...{ model_type, task, hyperparameters, target: 'b', artifacts: [], created_at: AT },
    architecture: { input_shape: [1], output_classes: 2, parameters: 3 },
    performance: { accuracy: 1 },
    final_metrics: { train_loss: 0.5 },
    training_config: {},
    ...given,
  };
  return completeJob(table, job, LAST, made, AT);
}
