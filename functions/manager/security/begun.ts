/**
 * Which rotation was begun last: the call that repeats it after a crash has an old password that opens nothing any more.
 * Stored is a key that nothing was encrypted with, wrapped with both passwords as a model's is with its own: it opens for
 * the same two, and is no easier to guess.
 */
import { WrongPasswordError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { findBegun, noteBegun } from '#domain/vault/rotation.ts';
import { newSealing, openKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import type { Passwords } from './rewrap.ts';

/** No model has such a name. */
const NAME = 'rotation/';

const both = (passwords: Passwords): string => JSON.stringify([passwords.old, passwords.new]);

/** To be called once the old password has opened a key, before the first one is wrapped anew. */
export async function begin({ adapters }: VaultServices, manager: Manager, passwords: Passwords): Promise<void> {
  const { table, keys, now } = adapters;
  const of = { accountId: manager.account_id, managerId: manager.id, modelName: NAME, revision: manager.vault };
  const { encryption } = await newSealing(of, manager.config, { password: both(passwords), keys });
  await noteBegun(table, manager, encryption, now());
}

/** When the rotation with these passwords was begun (RFC 3339), if it is the last one. */
export async function begunAt(
  { adapters: { table, keys } }: VaultServices,
  manager: Manager,
  passwords: Passwords,
): Promise<string | undefined> {
  const begun = await findBegun(table, manager);
  if (begun === undefined) return undefined;
  const of = { account_id: manager.account_id, manager_id: manager.id, name: NAME };
  try {
    await openKey(of, begun.encryption, { password: both(passwords), keys });
    return begun.begun_at;
  } catch (error) {
    if (error instanceof WrongPasswordError) return undefined;
    throw error;
  }
}
