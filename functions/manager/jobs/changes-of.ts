import type { ManagerRef } from '#domain/vault/manager.ts';
import { findManager } from '#domain/vault/managers.ts';
import type { VaultServices } from '../services.ts';

/**
 * How often the models of a manager have been changed, to be stored with a result: where they were changed again before
 * anybody asked for it, the same request is a new one.
 */
export async function changesOf({ adapters: { table } }: VaultServices, of: ManagerRef): Promise<{ changes?: number }> {
  const found = await findManager(table, of.account_id, of.id);
  return found?.vault === of.vault ? { changes: found.changes } : {};
}
