/**
 * Schedule: finds the managers of the vault whose backups, restore drills or copies in the second location are due, and hands
 * each on as a job of its own; deletes backups whose time is over, and cleans up what crashes left of backups and of deleted
 * managers. Every step is idempotent.
 */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Key } from '#domain/ports/table/port.ts';
import type { Settings } from '#domain/settings.ts';
import { deleteDropped, dropBackup, dueOf } from '#domain/vault/backups.ts';
import { copiesDue, copiesOwner, postponeCopies } from '#domain/vault/copies.ts';
import { drillsDue, endDrills, postponeDrill } from '#domain/vault/drills.ts';
import { abandonedJobs } from '#domain/vault/jobs.ts';
import { deletedManagers, findManager, managersDue, postponeBackup, scheduleBackup } from '#domain/vault/managers.ts';
import { auditRefusedCalls } from '#domain/vault/refused-calls.ts';
import { abortExpiredUploads } from '#domain/vault/uploads.ts';
import type { Log } from '#functions/http/contract.ts';
import { sendAgain } from '#functions/manager/jobs/send-job.ts';
import { startScheduled } from '#functions/manager/jobs/start-scheduled.ts';
import { deleteVault } from '#functions/manager/managers/delete-vault.ts';
import type { VaultServices } from '#functions/manager/services.ts';

const AT_ONCE = 50;
/** Of each kind, in each run. */
const HANDED_ON = 200;
/** Milliseconds after which a backup that is not complete was abandoned: longer than a function may run. */
const ABANDONED_MS = 3_600_000;

export function makeHandler(adapters: Adapters, options: { readonly settings: Settings; readonly logger: Log }) {
  const services: VaultServices = { adapters, ...options };
  return async (): Promise<void> => {
    const steps = [
      backUpDue,
      drillDue,
      resumeAbandoned,
      dropExpired,
      dropAbandoned,
      finishDropped,
      finishDeleted,
      abortUploads,
      copyDue,
      auditRefused,
    ];
    // One step that fails does not stop the others.
    const results = await Promise.allSettled(steps.map((step) => step(services)));
    const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} of ${steps.length} steps failed`);
  };
}

/** When a backup, or what is not in the second location, is looked at again: where that failed it is handed on again. */
const BACKUP_AGAIN_MS = 3_600_000;
const COPIES_AGAIN_MS = 900_000;

async function backUpDue(services: VaultServices): Promise<void> {
  const { table, now } = services.adapters;
  const unreadable = (key: Key, error: Error) =>
    services.logger.error('the record of a manager cannot be read, and it is not backed up', { ...key, error });
  for (const due of await managersDue(table, now(), HANDED_ON, unreadable)) {
    const { manager } = due;
    if (manager.models === 0) await scheduleBackup(table, manager, now());
    else if (await postponeBackup(table, due, now() + BACKUP_AGAIN_MS)) {
      await startScheduled(services, manager, 'scheduled_backup');
    }
  }
}

async function drillDue(services: VaultServices): Promise<void> {
  const { table, now } = services.adapters;
  for (const due of await drillsDue(table, now(), HANDED_ON)) {
    const manager = await findManager(table, due.account_id, due.id);
    if (!manager || manager.config.restore_drill_interval_hours === 0) {
      await endDrills(table, due);
      continue;
    }
    await postponeDrill(table, due, now());
    await startScheduled(services, manager, 'restore_drill');
  }
}

async function copyDue(services: VaultServices): Promise<void> {
  const { table, backupCopies, now } = services.adapters;
  if (backupCopies === undefined) return;
  for (const note of await copiesDue(table, now(), HANDED_ON)) {
    await postponeCopies(table, note, now() + COPIES_AGAIN_MS);
    await startScheduled(services, copiesOwner(note), 'copies');
  }
}

/** Jobs whose process died with their message. */
async function resumeAbandoned({ adapters, settings }: VaultServices): Promise<void> {
  const { table, now } = adapters;
  for (const job of await abandonedJobs(table, now() - settings.vaultLeaseSeconds * 1000, AT_ONCE)) {
    await sendAgain(adapters, job);
  }
}

async function dropExpired(services: VaultServices): Promise<void> {
  await drop(services, 'expiringBackups', services.adapters.now());
}

async function dropAbandoned(services: VaultServices): Promise<void> {
  await drop(services, 'startedBackups', services.adapters.now() - ABANDONED_MS);
}

async function drop({ adapters, logger }: VaultServices, index: 'expiringBackups' | 'startedBackups', until: number) {
  const { table, blobs, now } = adapters;
  for (const backup of await dueOf(table, index, until, AT_ONCE)) {
    await dropBackup(table, backup, now);
    await deleteDropped(table, blobs.backups, backup, now());
    logger.info('deleted a backup', { manager_id: backup.manager_id, complete: backup.complete !== undefined });
  }
}

async function finishDropped({ adapters: { table, blobs, now } }: VaultServices): Promise<void> {
  for (const backup of await dueOf(table, 'droppedBackups', now(), AT_ONCE)) {
    await deleteDropped(table, blobs.backups, backup, now());
  }
}

async function finishDeleted(services: VaultServices): Promise<void> {
  const { table, now } = services.adapters;
  for (const of of await deletedManagers(table, now(), AT_ONCE)) await deleteVault(services, of);
}

async function abortUploads({ adapters: { table, blobs, now } }: VaultServices): Promise<void> {
  await abortExpiredUploads(table, blobs, now(), AT_ONCE);
}

async function auditRefused({ adapters: { table, now } }: VaultServices): Promise<void> {
  await auditRefusedCalls(table, now, AT_ONCE);
}
