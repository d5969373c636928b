/** Failed accesses are in the audit trail too. Successful changes write their entries themselves, with the change. */
import { TrainyardError } from '#domain/errors.ts';
import { type Actor, type AuditEvent, appendAudit } from '#domain/vault/audit.ts';
import type { ManagerRef } from '#domain/vault/manager.ts';
import type { VaultServices } from './services.ts';

export type Access = Pick<AuditEvent, 'action' | 'model_name' | 'facts'>;

/** Errors whose calls have an entry. */
const audited = new WeakSet<object>();

export const isAudited = (error: unknown): boolean => typeof error === 'object' && error !== null && audited.has(error);

/** Appends the entry of an access that failed. What cannot be audited is logged: it was refused all the same. */
export async function appendFailure(
  { adapters, logger }: VaultServices,
  of: Pick<ManagerRef, 'account_id' | 'id'>,
  by: Actor,
  access: Access,
  error: unknown,
): Promise<void> {
  if (typeof error === 'object' && error !== null) audited.add(error);
  const reason = error instanceof TrainyardError ? error.code : 'internal_error';
  try {
    await appendAudit(adapters.table, of, by, { ...access, success: false, reason }, adapters.now);
  } catch (unwritten) {
    logger.error('a failed access is not in the audit trail', { request_id: by.requestId, error: unwritten as Error });
  }
}

/** Runs, and appends an entry if that fails. Throws what `run` throws. */
export async function auditFailure<T>(
  services: VaultServices,
  of: ManagerRef,
  by: Actor,
  access: Access,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await appendFailure(services, of, by, access, error);
    throw error;
  }
}

/** Runs, and appends an entry before the result is returned: what cannot be audited is not returned. */
export async function auditAccess<T>(
  services: VaultServices,
  of: ManagerRef,
  by: Actor,
  access: Access,
  run: () => Promise<T>,
): Promise<T> {
  const result = await auditFailure(services, of, by, access, run);
  await auditSuccess(services, of, by, access);
  return result;
}

/** Appends the entry of an access that succeeded. */
export async function auditSuccess(
  { adapters: { table, now } }: VaultServices,
  of: ManagerRef,
  by: Actor,
  access: Access,
): Promise<void> {
  await appendAudit(table, of, by, { ...access, success: true }, now);
}
