import type { Job } from '../training/record.ts';
import { type Budget, restOf } from './budget.ts';
import { type Sweep, sweepBase, type Trial } from './record.ts';

/** The job of a trial or, without `isTrial`, the one with the same hyperparameters that makes the model. */
export const jobOf = (of: Sweep, trial: Trial, id: string, now: string, isTrial: boolean): Job => ({
  ...sweepBase.parse(of.base),
  id,
  account_id: of.account_id,
  model_name: of.name,
  model_type: of.model_type,
  sweep_id: of.id,
  ...(isTrial ? { trial: trial.number, ...limitsOf(trial) } : restOf(of, trial)),
  hyperparameters: trial.hyperparameters,
  total_epochs: trial.total_epochs,
  estimated_time: trial.estimated_time,
  status: 'queued',
  created_at: now,
  attempt: 0,
  current_epoch: 0,
  progress: 0,
  metrics: {},
  compute_seconds: 0,
  estimated_cost: 0,
});

const limitsOf = ({ max_seconds, max_cost }: Trial): Budget => ({
  ...(max_seconds === undefined ? {} : { max_seconds }),
  ...(max_cost === undefined ? {} : { max_cost }),
});
