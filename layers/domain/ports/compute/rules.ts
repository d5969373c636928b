import { InternalError } from '../../errors.ts';
import type { ComputeTask } from './port.ts';

/** The longest delay of a Node.js timer, about 24 days. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/** The limits of a task, the same for every implementation. */
export function checkTask({ id, timeoutSeconds }: ComputeTask): void {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) {
    throw new InternalError(`a task's id must be 1 to 128 of [A-Za-z0-9_-]; got ${JSON.stringify(id)}`);
  }
  if (!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)) {
    throw new InternalError(`timeoutSeconds must be above 0 and at most ${MAX_TIMEOUT_SECONDS}; got ${timeoutSeconds}`);
  }
}
