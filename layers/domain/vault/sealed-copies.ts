/**
 * Copies of files that are stored plainly, which are encrypted in backups. A later backup of the same file uses the same
 * copy, and one that was interrupted finds its own: the key of a copy is noted here, under the platform's key. A backup
 * that has a password shares none, and its notes are deleted when it is complete.
 */
import { z } from 'zod';
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { epochSeconds } from '../times.ts';
import type { Backup } from './backup.ts';
import { itemOf } from './item.ts';
import { sealedFor } from './model.ts';

const digest = z.object({ sha256: z.string(), bytes: z.int() });

const sealedCopy = z.object({
  /** Wrapped by the platform's key. */
  key: z.json(),
  digests: z.object({ plaintext: digest, ciphertext: digest }),
  sealed_for: sealedFor,
});
export type SealedCopy = z.infer<typeof sealedCopy>;

type Owner = Pick<Backup, 'account_id' | 'manager_id'>;

/** Whose backups use a copy: all of the manager's, or one. */
export const SHARED = 'shared';

/** Without a backup that uses it for so long, a file is copied anew. */
const KEPT_SECONDS = 90 * 86_400;

export async function findSealedCopy(
  table: Table,
  of: Owner,
  holder: string,
  file: string,
): Promise<SealedCopy | undefined> {
  const item = await table.get(keys.vaultSealed(of.account_id, of.manager_id, holder, file));
  return item && sealedCopy.parse(item);
}

export async function noteSealedCopy(
  table: Table,
  of: Owner,
  holder: string,
  file: string,
  copy: SealedCopy,
  now: number,
): Promise<void> {
  const key = keys.vaultSealed(of.account_id, of.manager_id, holder, file);
  await table.put(itemOf(key, { ...copy, expiresAt: epochSeconds(now) + KEPT_SECONDS }));
}

export async function forgetSealedCopies(table: Table, of: Owner, holder: string): Promise<void> {
  const { pk } = keys.vaultSealed(of.account_id, of.manager_id, holder, '');
  const items = await readAll(table, { partition: pk, prefix: prefixes.vaultSealed(holder) });
  for (const item of items) await table.delete({ pk: item.pk, sk: item.sk });
}
