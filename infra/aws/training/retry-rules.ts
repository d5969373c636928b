import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';

/** A rule of Batch: every given pattern must match the container's end. */
export interface RetryRule {
  readonly action: 'RETRY' | 'EXIT';
  readonly onReason?: string;
  readonly onStatusReason?: string;
  readonly onExitCode?: string;
}

/**
 * What to do with a container that has ended; the first matching rule counts. Batch retries it if the host was at
 * fault, and the trainer resumes from its checkpoint; Trainyard handles what the program itself did. Batch would also
 * retry an end that no rule matches, hence the last rule. The maximum is five rules.
 */
export const RETRY_RULES: readonly RetryRule[] = [
  { action: 'RETRY', onReason: 'CannotPullContainerError:*' },
  { action: 'RETRY', onStatusReason: 'Host EC2*' },
  { action: 'RETRY', onExitCode: String(INTERRUPTED_EXIT_CODE) },
  { action: 'EXIT', onReason: '*' },
];

/** How often Batch starts a container; after that Trainyard begins another attempt. The maximum is ten. */
export const RETRY_ATTEMPTS = 10;
