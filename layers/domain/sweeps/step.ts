/** What becomes of a sweep when some of its jobs have ended. Nothing is read or written here. */
import { greaterIsBetter, type Job } from '../training/record.ts';
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
  const promoted = sweep.trials.every(hasEnded) ? promote(sweep) : sweep;
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
  const { status, best_metric, failure } = job;
  // What a trial had reached before it failed is no score: its hyperparameters would fail again.
  const score = status === 'failed' ? undefined : best_metric;
  return { ...trial, status, ...(score === undefined ? {} : { score }), ...(failure === undefined ? {} : { failure }) };
}

/** The pending trials for which there is room begin, in their order. */
function begun({ trials, parallel }: Sweep, { newId }: Around): Trial[] {
  let room = parallel - trials.filter(({ status }) => status === 'running').length;
  return trials.map((trial) => {
    if (trial.status !== 'pending' || room <= 0) return trial;
    room--;
    return { ...trial, status: 'running', job_id: newId() };
  });
}

/** The best first; those without a score are left out. */
export function ranked({ metric }: Pick<Sweep, 'metric'>, trials: readonly Trial[]): Trial[] {
  const sign = greaterIsBetter(metric) ? -1 : 1;
  return trials
    .filter(({ score }) => score !== undefined)
    .toSorted((a, b) => sign * (a.score! - b.score!) || a.number - b.number);
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
  const last = Math.max(...sweep.trials.filter(({ score }) => score !== undefined).map(({ rung }) => rung));
  const [best] = ranked(
    sweep,
    sweep.trials.filter(({ rung }) => rung === last),
  );
  if (best) return { ...sweep, best_trial: best.number, final_job_id: newId() };
  const failure = sweep.trials.find((trial) => trial.failure !== undefined)?.failure ?? 'No trial has a score';
  return { ...sweep, status: 'failed', failure, ended_at: now };
}

function concluded(sweep: Sweep, { jobs, now }: Around): Sweep {
  const job = jobs.get(sweep.final_job_id!);
  if (!job || job.status === 'queued' || job.status === 'running') return sweep;
  const { status, model_id, failure } = job;
  return {
    ...sweep,
    status,
    ended_at: now,
    ...(model_id === undefined ? {} : { model_id }),
    ...(failure === undefined ? {} : { failure }),
  };
}
