import { RETRY_ATTEMPTS, RETRY_RULES, type RetryRule } from '#infra/aws/training/retry-rules.ts';

/** The retry strategy of a job definition, or of a submission that overrides it. */
export interface RetryStrategy {
  readonly attempts: number;
  readonly evaluateOnExit?: readonly RetryRule[];
}

/** How a container ended, as Batch sees it. */
export interface Ending {
  readonly statusReason: string;
  /** Absent if the container was lost with its host. */
  readonly exitCode?: number;
  readonly reason?: string;
  /** The job was terminated or timed out: such a job is never retried. */
  readonly isFinal: boolean;
}

/** The deployment's own. */
export const DEFINITION: RetryStrategy = { attempts: RETRY_ATTEMPTS, evaluateOnExit: RETRY_RULES };

/** Whether Batch retries, according to its documentation: the first matching rule counts, and no match means yes. */
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
