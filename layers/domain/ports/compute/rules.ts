import { InternalError } from '../../errors.ts';
import type { ComputeTask } from './port.ts';

/** What a timer of Node.js can wait for, about 24 days. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/** The bounds of a task of Compute, the same everywhere. */
export function checkTask({ id, timeoutSeconds }: ComputeTask): void {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) {
    throw new InternalError(`a task's id must be 1 to 128 of [A-Za-z0-9_-]; got ${JSON.stringify(id)}`);
  }
  if (!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)) {
    throw new InternalError(`timeoutSeconds must be above 0 and at most ${MAX_TIMEOUT_SECONDS}; got ${timeoutSeconds}`);
  }
}
