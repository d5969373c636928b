import { z } from 'zod';
import { usageOfSweep } from '#domain/sweeps/budget.ts';
import {
  SWEEP_METHODS,
  SWEEP_STATUSES,
  type Sweep,
  sweepBase,
  TRIAL_STATUSES,
  type Trial,
} from '#domain/sweeps/record.ts';
import { bestOf, hasEnded } from '#domain/sweeps/step.ts';
import { anyJson, id, time } from '../fields.ts';
import { usageAnswer, usageOf } from '../training/fields.ts';

export const sweepPath = z.strictObject({ sweep_id: id });

const trial = z.strictObject({
  number: z.int().meta({ example: 1 }),
  rung: z.int().meta({ description: 'Of successive halving, from 0: a higher one trains longer', example: 0 }),
  hyperparameters: z.record(z.string(), anyJson).meta({ example: { learning_rate: 0.01, epochs: 50 } }),
  status: z.enum(TRIAL_STATUSES),
  job_id: id.nullable(),
  score: z.number().nullable().meta({ description: 'Of its best epoch, by `metric`', example: 0.98 }),
  error: z.string().nullable().meta({ description: 'Why it failed, or did not begin' }),
});

const bound = z.number().nullable().meta({ description: 'As it was asked for', example: null });

export const sweepAnswer = z
  .strictObject({
    sweep_id: id,
    name: z.string().meta({ description: "The model's", example: 'Penguins' }),
    status: z.enum(SWEEP_STATUSES),
    method: z.enum(SWEEP_METHODS),
    metric: z.string().meta({ example: 'val_loss' }),
    dataset_id: id,
    model_type: z.string().meta({ example: 'mlp' }),
    created_at: time,
    ended_at: time.nullable(),
    trials: z.array(trial),
    best_trial: z.int().nullable().meta({ description: 'The number of the best so far, of the highest rung' }),
    job_id: id.nullable().meta({ description: 'The job that trains the best once more, for its model' }),
    model_id: id.nullable().meta({ description: 'Once it is completed' }),
    start_from: id.nullable().meta({ description: 'The model that its trainings start from' }),
    max_seconds: bound,
    max_cost: bound,
    trial_max_seconds: bound,
    trial_max_cost: bound,
    ...usageAnswer,
    notice: z.string().nullable().meta({
      description:
        'Why there are fewer trials than were asked for, and what the budget meant for the training of the best',
      example: 'The space has 2 combinations, so that there are not 6 trials',
    }),
    error: z.string().nullable(),
  })
  .meta({ id: 'Sweep' });

export const showSweep = (of: Sweep): z.input<typeof sweepAnswer> => ({
  sweep_id: of.id,
  name: of.name,
  status: of.status,
  method: of.method,
  metric: of.metric,
  dataset_id: of.dataset_id,
  model_type: of.model_type,
  created_at: of.created_at,
  ended_at: of.ended_at ?? null,
  trials: trialsOf(of).map(({ number, rung, hyperparameters, status, job_id, score, failure }) => ({
    ...{ number, rung, hyperparameters, status },
    job_id: job_id ?? null,
    score: score ?? null,
    error: failure ?? null,
  })),
  best_trial: of.best_trial ?? bestOf(of)?.number ?? null,
  job_id: of.final_job_id ?? null,
  model_id: of.model_id ?? null,
  start_from: sweepBase.parse(of.base).parent_id ?? null,
  max_seconds: of.max_seconds ?? null,
  max_cost: of.max_cost ?? null,
  trial_max_seconds: of.trial_max_seconds ?? null,
  trial_max_cost: of.trial_max_cost ?? null,
  ...usageOf(usageOfSweep(of)),
  notice: of.notice ?? null,
  error: of.failure ?? null,
});

/** An earlier version left trials of a sweep that failed as they were. */
const trialsOf = ({ status, failure = 'The sweep failed', trials }: Sweep): Trial[] =>
  trials.map((trial) => (status === 'failed' && !hasEnded(trial) ? { ...trial, status, failure } : trial));
