/**
 * Whose result is waiting: that of a job with passwords is handed out to who started it, with the same passwords. Stored is
 * a key that nothing was encrypted with, wrapped with all of them as a model's is with its own. Keys are derived as they are
 * by default, also where the manager's take many seconds: the request that hands a job on has few of them left.
 */
import { WrongPasswordError } from '#domain/vault/errors.ts';
import type { VaultJob } from '#domain/vault/jobs.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { Encryption } from '#domain/vault/model.ts';
import { newSealing, openKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

export type Secrets = { readonly [name: string]: string };

/** No model has such a name. */
const nameOf = ({ kind, fingerprint }: Pick<VaultJob, 'kind' | 'fingerprint'>) => `job/${kind}/${fingerprint}`;

export const hasSecrets = (secrets: Secrets): boolean => Object.keys(secrets).length > 0;

const passwordOf = (secrets: Secrets): string => JSON.stringify(Object.entries(secrets).sort());

/** To be stored with a job that goes on after its request. */
export async function lockOf(
  { adapters: { keys } }: VaultServices,
  manager: Manager,
  of: Pick<VaultJob, 'kind' | 'fingerprint'>,
  secrets: Secrets,
): Promise<Encryption> {
  const { account_id: accountId, id: managerId, vault: revision } = manager;
  const sealedFor = { accountId, managerId, modelName: nameOf(of), revision };
  const { custom_key_derivation: _, ...usual } = { ...manager.config, use_scrypt: true };
  return (await newSealing(sealedFor, usual, { password: passwordOf(secrets), keys })).encryption;
}

/**
 * Whether who asks may have the result of a job that has ended. Whoever did not start it does not learn whether the
 * passwords are the same: nothing is compared then.
 */
export async function opensResult(
  { adapters: { keys } }: VaultServices,
  job: VaultJob,
  userId: string,
  secrets: Secrets,
): Promise<boolean> {
  // Jobs of earlier versions have no lock.
  const { lock, by } = job;
  if (lock === undefined) return !hasSecrets(secrets) || by.userId === userId;
  if (by.userId !== userId) return false;
  const of = { account_id: job.account_id, manager_id: job.manager_id, name: nameOf(job) };
  try {
    await openKey(of, lock, { password: passwordOf(secrets), keys });
    return true;
  } catch (error) {
    if (error instanceof WrongPasswordError) return false;
    throw error;
  }
}
