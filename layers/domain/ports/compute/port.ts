/** Where trainers run. */
export interface ComputeTask {
  /** Chosen by the caller; submitting a known id again starts nothing. 1–128 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly accountId: string;
  readonly jobId: string;
  /** From 1. */
  readonly attempt: number;
  readonly timeoutSeconds: number;
  /** Where to run it, if the implementation has a choice. Default: `cpu`. */
  readonly target?: ComputeTarget;
}

/** A function for tasks of a few minutes; containers, with or without a GPU, for everything else. */
export const COMPUTE_TARGETS = ['function', 'cpu', 'gpu'] as const;

export type ComputeTarget = (typeof COMPUTE_TARGETS)[number];

/**
 * `pending`: queued behind others, or about to begin. `unplaced`: first in the queue, but there is no machine for it;
 * one may be starting, or there may never be one.
 */
export type ComputeState = 'pending' | 'unplaced' | 'running' | 'succeeded' | 'failed' | 'unknown';

/**
 * Runs a trainer for a job. When a task ends, for whatever reason, `compute.stopped` is published with
 * `{ task, job_id, attempt, exit_code, reason }` (`exit_code` is null if a signal or the loss of the host ended it),
 * and with `failure` if a retry would be of no use.
 */
export interface Compute {
  submit(task: ComputeTask): Promise<void>;
  /** SIGTERM, then SIGKILL. Terminating a task that has ended or is unknown succeeds. */
  terminate(id: string, reason: string): Promise<void>;
  describe(id: string): Promise<ComputeState>;
}
