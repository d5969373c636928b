/** What the world is told about a job: the bodies of the webhooks of the same names. */
import type { Job } from './jobs.ts';
import type { Model } from './models.ts';
import type { Json, OutgoingEvent } from './ports.ts';

const event = (type: string, job: Job, detail: { readonly [name: string]: Json }): OutgoingEvent => ({
  type,
  account: job.account_id,
  detail: { job_id: job.id, ...detail },
});

export const trainingEvents = {
  started: (job: Job) =>
    event('training.started', job, {
      dataset_id: job.dataset_id,
      model_type: job.model_type,
      total_epochs: job.total_epochs,
    }),
  /** At every tenth of the way. */
  progress: (job: Job) =>
    event('training.progress', job, {
      progress: job.progress,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
      metrics: job.metrics,
    }),
  /** `accuracy` of a classification; a regression has `rmse`, `mae` and `r2`. */
  completed: (job: Job, model: Model) => event('training.completed', job, { model_id: model.id, ...model.performance }),
  failed: (job: Job, reason: string) => event('training.failed', job, { dataset_id: job.dataset_id, error: reason }),
} as const;
