import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { encoderNamed, isUploaded } from '#domain/encoders/catalogue.ts';
import { encoderKey } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { newId } from '#domain/ids.ts';
import { expectJobRoom } from '#domain/installation/jobs.ts';
import { expectRoom } from '#domain/installation/storage.ts';
import { send } from '#domain/messages.ts';
import { isoTime } from '#domain/times.ts';
import { createJob } from '#domain/training/change.ts';
import type { Job } from '#domain/training/record.ts';
import type { Services } from '#functions/http/route.ts';
import { estimateEncoderSeconds, estimateTextSeconds } from '#learning/text/estimate.ts';
import type { Config } from '../config.ts';
import { registeredName } from '../fields.ts';

export interface TextJobRequest {
  /** The model. */
  readonly name: string;
  readonly hyperparameters: Config;
  readonly dataset: Dataset;
  readonly profile: DatasetProfile;
  /** The model whose weights it starts from. */
  readonly parentId?: string;
}

/** Of the memory of a training: its weights, gradients and moments, and what its layers keep, by the bytes of its files. */
const TIMES_THE_FILES = 16;
/** Of an encoder that is not loaded yet. More than a function has. */
const UNKNOWN_BYTES = 6 * 2 ** 30;

/** Not used: the best epoch is kept, and all are run. */
const NO_EARLY_STOPPING: Job['early_stopping'] = { enabled: false, patience: 10, monitor: 'val_loss' };

/** Creates a job and sends its message. Throws `NotFoundError`, `ConflictError`, `RateLimitError`. */
export async function queueTextJob(
  { adapters, settings, logger }: Services,
  accountId: string,
  { name, hyperparameters, dataset, profile, parentId }: TextJobRequest,
): Promise<Job> {
  const { table, queues, now } = adapters;
  const isEncoder = encoderNamed(name) !== undefined;
  const encoder = isEncoder ? await findEncoder(table, encoderKey(name, accountId)) : undefined;
  const encoderBytes = encoder?.status === 'loaded' ? TIMES_THE_FILES * encoder.total_bytes : UNKNOWN_BYTES;
  const estimate = isEncoder ? estimateEncoderSeconds : estimateTextSeconds;
  const created: Job = {
    ...{ id: newId(now()), account_id: accountId, kind: 'text', model_type: name, model_name: registeredName(name) },
    ...{ dataset_id: dataset.id, dataset_name: dataset.name, task: 'classification' },
    dataset_version: dataset.version,
    hyperparameters: { ...hyperparameters },
    validation_split: hyperparameters.validation_split,
    early_stopping: NO_EARLY_STOPPING,
    ...(parentId === undefined ? {} : { parent_id: parentId }),
    ...(isEncoder && !isUploaded(name) ? { awaits_encoder: name } : {}),
    ...{ status: 'queued', created_at: isoTime(now()), attempt: 0, compute: 'auto' },
    estimated_time: estimate(hyperparameters, { rows: profile.rows, bytes: dataset.file_size }),
    data_bytes: 4 * dataset.file_size + (isEncoder ? encoderBytes : 0),
    total_epochs: hyperparameters.num_epochs,
    ...{ current_epoch: 0, progress: 0, metrics: {}, compute_seconds: 0, estimated_cost: 0 },
  };
  await expectJobRoom(table, settings.caps);
  await expectRoom(table, accountId, settings.caps);
  await createJob(table, created, dataset.processing_since, settings.caps);
  try {
    await send(queues.training, { account_id: created.account_id, job_id: created.id });
  } catch (error) {
    // The job is recorded: the sweep finds it and sends its message again.
    logger.error('training message not sent', { job_id: created.id, error });
  }
  return created;
}
