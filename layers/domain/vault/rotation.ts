import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { type Actor, appendAudit } from './audit.ts';
import type { Manager } from './manager.ts';

/** Notes that a rotation has ended, with its entry in the audit trail. Does nothing if the manager was deleted. */
export async function noteRotation(
  table: Table,
  of: Manager,
  by: Actor,
  counts: { readonly rotated: number; readonly skipped: number; readonly failed: number },
  now: () => number,
): Promise<void> {
  const event = { action: 'password_update', success: counts.failed === 0, facts: counts } as const;
  const set = { last_key_rotation: isoTime(now()) };
  try {
    await appendAudit(table, of, by, event, now, [
      {
        kind: 'update',
        key: keys.vaultManager(of.account_id, of.id),
        change: counts.rotated > 0 ? { set } : { add: { models: 0 } },
        condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
