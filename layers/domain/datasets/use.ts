/** What jobs and sweeps that learn from a dataset ask of it: it must be as it was when they were checked against it. */
import { ConflictError, NotFoundError, type TrainyardError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Condition, Table } from '../ports/table/port.ts';

/** @param readAt when its file was last given to be read again, if it was */
export const readyAsRead = (readAt: string | undefined): Condition => ({
  kind: 'all',
  of: [
    { kind: 'compare', attribute: 'status', op: '=', value: 'ready' },
    readAt === undefined
      ? { kind: 'missing', attribute: 'processing_since' }
      : { kind: 'compare', attribute: 'processing_since', op: '=', value: readAt },
  ],
});

/** Why that does not hold. */
export async function whyNotReady(table: Table, accountId: string, id: string): Promise<TrainyardError> {
  const exists = await table.get(keys.dataset(accountId, id));
  if (!exists) return new NotFoundError(`Dataset ${id} not found`);
  return new ConflictError(
    exists.status === 'ready'
      ? `Dataset ${id} has just been read in another way; try again`
      : `Dataset ${id} is not ready`,
  );
}
