/** Where trainers run. */
export interface ComputeTask {
  /** Chosen by the caller; submitting it again while it is known starts nothing new. 1–128 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly accountId: string;
  readonly jobId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly timeoutSeconds: number;
  /** Where to run it, for an implementation that has more than one place. Default: `cpu`. */
  readonly target?: ComputeTarget;
}

/** A function for what takes minutes at most; containers, on a processor or with a GPU, for everything else. */
export const COMPUTE_TARGETS = ['function', 'cpu', 'gpu'] as const;

export type ComputeTarget = (typeof COMPUTE_TARGETS)[number];

/**
 * `pending`: in line behind others, or about to begin. `unplaced`: nothing is ahead of it, and there is no machine for it;
 * one may be on its way, or there may never be one.
 */
export type ComputeState = 'pending' | 'unplaced' | 'running' | 'succeeded' | 'failed' | 'unknown';

/**
 * Runs a trainer for a job. When a task has ended, for whatever reason, `compute.stopped` appears on the bus with
 * `{ task, job_id, attempt, exit_code, reason }` (`exit_code` null where a signal or a lost host ended it), and with
 * `failure` where trying again is no use.
 */
export interface Compute {
  submit(task: ComputeTask): Promise<void>;
  /** SIGTERM, then SIGKILL. Terminating what has ended, or was never there, succeeds. */
  terminate(id: string, reason: string): Promise<void>;
  describe(id: string): Promise<ComputeState>;
}
