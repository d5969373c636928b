/** What becomes of a sweep when some of its jobs have ended. Nothing is read or written here. */
import { greaterIsBetter, type Job } from '../training/record.ts';
import { excessOf, sharesOf } from './budget.ts';
import type { Sweep, Trial } from './record.ts';

export interface Around {
  /** The sweep's jobs by id; one that does not exist yet is missing. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly newId: () => string;
  /** RFC 3339. */
  readonly now: string;
}

export function stepOf(before: Sweep, around: Around): Sweep {
  if (before.status !== 'running') return before;
  if (before.final_job_id !== undefined) return concluded(before, around);
  const sweep = { ...before, trials: before.trials.map((trial) => settled(trial, around)) };
  const promoted = withinBudget(sweep.trials.every(hasEnded) ? promote(sweep) : sweep);
  if (promoted.trials.every(hasEnded)) return chosen(promoted, around);
  return { ...promoted, trials: begun(promoted, around) };
}

export const hasEnded = ({ status }: Trial): boolean => status !== 'pending' && status !== 'running';

/** A sweep that cannot go on; nor can any of its trials. */
export const failedFor = (sweep: Sweep, failure: string, ended_at: string): Sweep => ({
  ...sweep,
  ...{ status: 'failed', failure, ended_at },
  trials: sweep.trials.map((trial) => (hasEnded(trial) ? trial : { ...trial, status: 'failed', failure })),
});

function settled(trial: Trial, { jobs }: Around): Trial {
  const job = trial.status === 'running' && trial.job_id !== undefined ? jobs.get(trial.job_id) : undefined;
  if (!job || job.status === 'queued' || job.status === 'running') return trial;
  const { status, best_metric, failure, compute_seconds, estimated_cost } = job;
  // What a trial had reached before it failed is no score: its hyperparameters would fail again.
  const score = status === 'failed' ? undefined : best_metric;
  const used = { compute_seconds, estimated_cost };
  return {
    ...trial,
    status,
    ...used,
    ...(score === undefined ? {} : { score }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** The pending trials for which there is room begin, in their order. */
function begun(sweep: Sweep, { newId }: Around): Trial[] {
  const { trials, parallel } = sweep;
  const having = (wanted: Trial['status']) => trials.filter(({ status }) => status === wanted).length;
  let room = Math.min(parallel - having('running'), having('pending'));
  const limits = room > 0 ? sharesOf(sweep, room, bestOf(sweep)) : {};
  // What is left is enough for none, until a running one ends and has left something.
  if (typeof limits === 'string') return trials;
  return trials.map((trial) => {
    if (trial.status !== 'pending' || room <= 0) return trial;
    room--;
    return { ...trial, ...limits, status: 'running', job_id: newId() };
  });
}

/** Once the budget is used up, the trials that have not begun never do. */
function withinBudget(sweep: Sweep): Sweep {
  const { trials } = sweep;
  const pending = trials.filter(({ status }) => status === 'pending');
  if (pending.length === 0 || trials.some(({ status }) => status === 'running')) return sweep;
  const lacking = sharesOf(sweep, 1, bestOf(sweep));
  if (typeof lacking !== 'string') return sweep;
  const failure = `${lacking} of the sweep is used up`;
  const why = `${failure}: ${pending.length} of ${trials.length} trials have not begun`;
  return {
    ...sweep,
    ...noticed(sweep, [why]),
    trials: trials.map((trial) => (trial.status === 'pending' ? { ...trial, status: 'stopped', failure } : trial)),
  };
}

/** The best first; those without a score are left out. */
function ranked({ metric }: Pick<Sweep, 'metric'>, trials: readonly Trial[]): Trial[] {
  const sign = greaterIsBetter(metric) ? -1 : 1;
  return trials
    .filter(({ score }) => score !== undefined)
    .toSorted((a, b) => sign * (a.score! - b.score!) || a.number - b.number);
}

/** The best so far, of the highest rung. */
export function bestOf(sweep: Pick<Sweep, 'metric' | 'trials'>): Trial | undefined {
  const scored = sweep.trials.filter(({ score }) => score !== undefined);
  const last = Math.max(...scored.map(({ rung }) => rung));
  const [best] = ranked(
    sweep,
    scored.filter(({ rung }) => rung === last),
  );
  return best;
}

/** After a rung of successive halving, the best go on and train longer (Jamieson and Talwalkar 2016). */
function promote(sweep: Sweep): Sweep {
  const { trials, factor, rungs } = sweep;
  const rung = Math.max(...trials.map((trial) => trial.rung));
  if (rung + 1 >= rungs) return sweep;
  const here = trials.filter((trial) => trial.rung === rung);
  if (here.some(({ status }) => status === 'stopped')) return sweep;
  const best = ranked(sweep, here).slice(0, Math.max(1, Math.floor(here.length / factor)));
  const next = best.map((trial, i): Trial => {
    const total_epochs = trial.total_epochs * factor;
    return {
      number: trials.length + i + 1,
      rung: rung + 1,
      hyperparameters: { ...trial.hyperparameters, epochs: total_epochs },
      total_epochs,
      estimated_time: trial.estimated_time * factor,
      status: 'pending',
    };
  });
  return { ...sweep, trials: [...trials, ...next] };
}

/** The best trial of the last rung is trained once more, for its model. */
function chosen(sweep: Sweep, { newId, now }: Around): Sweep {
  const best = bestOf(sweep);
  if (best) {
    const told = noticed(sweep, excessOf(sweep, best));
    return { ...sweep, ...told, best_trial: best.number, final_job_id: newId() };
  }
  const failure = sweep.trials.find((trial) => trial.failure !== undefined)?.failure ?? 'No trial has a score';
  return { ...sweep, status: 'failed', failure, ended_at: now };
}

function concluded(sweep: Sweep, { jobs, now }: Around): Sweep {
  const job = jobs.get(sweep.final_job_id!);
  if (!job || job.status === 'queued' || job.status === 'running') return sweep;
  const { status, model_id, failure, compute_seconds, estimated_cost } = job;
  return {
    ...sweep,
    status,
    ended_at: now,
    final_usage: { compute_seconds, estimated_cost },
    ...(model_id === undefined ? {} : { model_id }),
    ...(failure === undefined ? {} : { failure }),
    ...noticed(sweep, shortcomingOf(sweep, job)),
  };
}

/** That a budget ended the training of the best before it was as good as its trial. */
function shortcomingOf({ metric, trials, best_trial }: Sweep, job: Job): string[] {
  const { stop_reason, current_epoch, final_metrics } = job;
  if (job.status !== 'completed' || (stop_reason !== 'max_seconds' && stop_reason !== 'max_cost')) return [];
  const [reached, wanted] = [final_metrics?.[metric], trials.find(({ number }) => number === best_trial)?.score];
  const isWorse =
    reached !== undefined && wanted !== undefined && (greaterIsBetter(metric) ? reached < wanted : reached > wanted);
  if (current_epoch > 0 && !isWorse) return [];
  const epochs = `${current_epoch} epoch${current_epoch === 1 ? '' : 's'}`;
  return [
    `The model was trained for ${epochs} only, until ${stop_reason}: its ${metric} is ${reached}, that of trial ${best_trial} was ${wanted}`,
  ];
}

const noticed = ({ notice }: Sweep, more: readonly string[]): Pick<Sweep, 'notice'> => {
  const all = [notice, ...more].filter(Boolean);
  return all.length === 0 ? {} : { notice: all.join('. ') };
};
