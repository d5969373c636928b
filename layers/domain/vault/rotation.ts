import { z } from 'zod';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { type Actor, appendAudit } from './audit.ts';
import { itemOf } from './item.ts';
import type { Manager } from './manager.ts';
import { type Encryption, encryption } from './model.ts';

const begun = z.object({ encryption, begun_at: z.string() });
type Begun = z.infer<typeof begun>;

/** For how long a rotation may be repeated. */
const REPEATED_SECONDS = 86_400;

export async function noteBegun(table: Table, of: Manager, wrapped: Encryption, now: number): Promise<void> {
  const record: Begun = { encryption: wrapped, begun_at: isoTime(now) };
  const key = keys.vaultRotation(of.account_id, of.vault);
  await table.put(itemOf(key, { ...record, expiresAt: epochSeconds(now) + REPEATED_SECONDS }));
}

export async function findBegun(table: Table, of: Manager): Promise<Begun | undefined> {
  const item = await table.get(keys.vaultRotation(of.account_id, of.vault));
  return item && begun.parse(item);
}

/**
 * Notes that a rotation has ended, with its entry in the audit trail.
 *
 * @param rotatedAt when keys were last wrapped anew, if they were
 *
 * Does nothing if the manager was deleted.
 */
export async function noteRotation(
  table: Table,
  of: Manager,
  by: Actor,
  counts: { readonly rotated: number; readonly skipped: number; readonly failed: number },
  rotatedAt: string | undefined,
  now: () => number,
): Promise<void> {
  const event = { action: 'password_update', success: counts.failed === 0, facts: counts } as const;
  try {
    await appendAudit(table, of, by, event, now, [
      {
        kind: 'update',
        key: keys.vaultManager(of.account_id, of.id),
        change: rotatedAt === undefined ? { add: { models: 0 } } : { set: { last_key_rotation: rotatedAt } },
        condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
