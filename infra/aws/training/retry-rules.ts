import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';

/** A rule as Batch has it: of what a container's end is told, each pattern that is given must match. */
export interface RetryRule {
  readonly action: 'RETRY' | 'EXIT';
  readonly onReason?: string;
  readonly onStatusReason?: string;
  readonly onExitCode?: string;
}

/**
 * What becomes of a container that ended; the first rule that matches counts. Batch starts it again where the host is to
 * blame, and the trainer goes on from its checkpoint; whatever the program itself did is for Trainyard to judge. An end
 * that no rule matches would be a reason to start again, hence the last one. Five rules are the most.
 */
export const RETRY_RULES: readonly RetryRule[] = [
  { action: 'RETRY', onReason: 'CannotPullContainerError:*' },
  { action: 'RETRY', onStatusReason: 'Host EC2*' },
  { action: 'RETRY', onExitCode: String(INTERRUPTED_EXIT_CODE) },
  { action: 'EXIT', onReason: '*' },
];

/** How often Batch starts a container, at the most; after that Trainyard begins another attempt. Ten are the most. */
export const RETRY_ATTEMPTS = 10;
