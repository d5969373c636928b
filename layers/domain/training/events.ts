/** The events about a job: the bodies of the webhooks of the same names. `at` (RFC 3339) is when it happened. */
import { type DomainEvent, domainEvent } from '../events/event.ts';
import type { EventType } from '../events/types.ts';
import type { Model } from '../models/record.ts';
import type { Json } from '../ports/table/port.ts';
import type { Job } from './record.ts';

/** Progress is published at every so many percent. */
export const PROGRESS_STEP = 10;

/**
 * The place of an event in the life of its job, by which a receiver can order events that arrive in another order:
 * started, each tenth of the way, the end. It rises, with gaps where a job ends early, and is the same if a trainer
 * that replaces a lost one reports the same progress again.
 */
const SEQUENCE = {
  started: 1,
  progress: (percent: number) => 1 + Math.floor(percent / PROGRESS_STEP),
  ended: 2 + 100 / PROGRESS_STEP,
} as const;

const event = (
  type: EventType,
  job: Job,
  at: string,
  sequence: number,
  detail: { readonly [name: string]: Json },
): DomainEvent =>
  domainEvent(type, job.account_id, at, { job_id: job.id, ...detail, model_name: job.model_name, sequence });

export const trainingEvents = {
  /** Once per job, however many runs it has. */
  started: (job: Job, at: string) =>
    event('training.started', job, at, SEQUENCE.started, {
      dataset_id: job.dataset_id,
      model_type: job.model_type,
      total_epochs: job.total_epochs,
    }),
  /** At each full 10 %. */
  progress: (job: Job, at: string) =>
    event('training.progress', job, at, SEQUENCE.progress(job.progress), {
      progress: job.progress,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
      metrics: job.metrics,
    }),
  /** `accuracy` for a classification; `rmse`, `mae` and `r2` for a regression. */
  completed: (job: Job, model: Model, at: string) =>
    event('training.completed', job, at, SEQUENCE.ended, {
      model_id: model.id,
      ...model.performance,
      metrics: model.final_metrics,
    }),
  failed: (job: Job, reason: string, at: string) =>
    event('training.failed', job, at, SEQUENCE.ended, { dataset_id: job.dataset_id, error: reason }),
  /** Its owner stopped it, without a model. */
  stopped: (job: Job, at: string) =>
    event('training.stopped', job, at, SEQUENCE.ended, {
      dataset_id: job.dataset_id,
      progress: job.progress,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
    }),
} as const;
