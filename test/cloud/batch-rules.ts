import { RETRY_ATTEMPTS, RETRY_RULES, type RetryRule } from '#infra/aws/training/retry-rules.ts';

/** What a job definition says of retries, or a submission in its place. */
export interface RetryStrategy {
  readonly attempts: number;
  readonly evaluateOnExit?: readonly RetryRule[];
}

/** What Batch knows of a container's end. */
export interface Ending {
  readonly statusReason: string;
  /** Absent where the container went away with its host. */
  readonly exitCode?: number;
  readonly reason?: string;
  /** The job was terminated, or its time was up: such a job is never tried again. */
  readonly isFinal: boolean;
}

/** The deployment's own. */
export const DEFINITION: RetryStrategy = { attempts: RETRY_ATTEMPTS, evaluateOnExit: RETRY_RULES };

/** Whether Batch starts the container again, by its documentation: the first rule that matches counts, and no rule means yes. */
export function isRetried({ attempts, evaluateOnExit = [] }: RetryStrategy, starts: number, ending: Ending): boolean {
  if (ending.isFinal || starts >= attempts) return false;
  const rule = evaluateOnExit.find(
    ({ onExitCode, onReason, onStatusReason }) =>
      fits(onExitCode, ending.exitCode === undefined ? '' : String(ending.exitCode)) &&
      fits(onReason, ending.reason ?? '') &&
      fits(onStatusReason, ending.statusReason),
  );
  return rule === undefined || rule.action === 'RETRY';
}

/** A pattern may end with an asterisk, and case does not matter. */
function fits(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  const [wanted, got] = [pattern.toLowerCase(), text.toLowerCase()];
  return wanted.endsWith('*') ? got.startsWith(wanted.slice(0, -1)) : got === wanted;
}
