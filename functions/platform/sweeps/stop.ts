import { ConflictError } from '#domain/errors.ts';
import type { Sweep } from '#domain/sweeps/record.ts';
import { hasEnded } from '#domain/sweeps/step.ts';
import { getSweep, replaceSweep } from '#domain/sweeps/store.ts';
import { isoTime } from '#domain/times.ts';
import { findJob } from '#domain/training/read.ts';
import { route, type Services } from '#functions/http/route.ts';
import { stopTraining } from '../training/stop-training.ts';
import { showSweep, sweepAnswer, sweepPath } from './fields.ts';

export const stop = route({
  method: 'POST',
  path: '/training/sweeps/{sweep_id}/stop',
  summary: 'Stop a running sweep and its jobs',
  description: 'An addition. No model is made; the scores so far stay.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: sweepPath },
  responses: { 200: { description: 'Stopped', schema: sweepAnswer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getSweep(adapters.table, caller.accountId, path.sweep_id),
  async handler({ resource: sweep }, services) {
    const { table, now } = services.adapters;
    if (sweep.status !== 'running')
      throw new ConflictError(`Sweep ${sweep.id} cannot be stopped: it is ${sweep.status}`);
    const stopped = await replaceSweep(table, sweep, {
      ...sweep,
      ...{ status: 'stopped' as const, ended_at: isoTime(now()) },
      trials: sweep.trials.map((trial) => (hasEnded(trial) ? trial : { ...trial, status: 'stopped' as const })),
    });
    if (!stopped) throw new ConflictError(`Sweep ${sweep.id} has just changed; try again`);
    await stopJobs(services, sweep);
    return { status: 200, body: showSweep(stopped) };
  },
});

/** Those that end meanwhile need not be stopped. */
async function stopJobs(services: Services, { account_id, trials, final_job_id }: Sweep): Promise<void> {
  const running = trials.filter((trial) => trial.status === 'running').map(({ job_id }) => job_id);
  for (const id of [...running, final_job_id]) {
    const job = id === undefined ? undefined : await findJob(services.adapters.table, account_id, id);
    if (!job || job.ended_at !== undefined) continue;
    await stopTraining(services, job, false).catch((error: unknown) => {
      if (!(error instanceof ConflictError)) throw error;
    });
  }
}
