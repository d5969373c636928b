/** The events about a job: the bodies of the webhooks of the same names. `at` (RFC 3339) is when it happened. */
import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { Model } from '../models/record.ts';
import type { Json } from '../ports/table/port.ts';
import type { Job } from './record.ts';

const event = (type: string, job: Job, at: string, detail: { readonly [name: string]: Json }): DomainEvent =>
  domainEvent(type, job.account_id, at, { job_id: job.id, ...detail });

export const trainingEvents = {
  /** Once per job, however many runs it has. */
  started: (job: Job, at: string) =>
    event('training.started', job, at, {
      dataset_id: job.dataset_id,
      model_type: job.model_type,
      total_epochs: job.total_epochs,
    }),
  /** At every 10 % of the epochs. */
  progress: (job: Job, at: string) =>
    event('training.progress', job, at, {
      progress: job.progress,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
      metrics: job.metrics,
    }),
  /** `accuracy` for a classification; `rmse`, `mae` and `r2` for a regression. */
  completed: (job: Job, model: Model, at: string) =>
    event('training.completed', job, at, { model_id: model.id, ...model.performance }),
  /** Its owner stopped it, without a model. */
  stopped: (job: Job, at: string) =>
    event('training.stopped', job, at, {
      dataset_id: job.dataset_id,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
    }),
  failed: (job: Job, reason: string, at: string) =>
    event('training.failed', job, at, { dataset_id: job.dataset_id, error: reason }),
} as const;
