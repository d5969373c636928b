/**
 * Schedule: backs up the managers of the vault whose backups are due, deletes backups whose time is over, and cleans up
 * what crashes left of backups and of deleted managers. Every step is idempotent.
 */
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Key } from '#domain/ports/table/port.ts';
import type { Settings } from '#domain/settings.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { deleteDropped, dropBackup, dueOf } from '#domain/vault/backups.ts';
import { copiesDue } from '#domain/vault/copies.ts';
import { drillsDue, endDrills, planDrill, postponeDrill } from '#domain/vault/drills.ts';
import { abandonedJobs } from '#domain/vault/jobs.ts';
import { deletedManagers, findManager, managersDue, scheduleBackup } from '#domain/vault/managers.ts';
import { auditRefusedCalls } from '#domain/vault/refused-calls.ts';
import { abortExpiredUploads } from '#domain/vault/uploads.ts';
import type { Log } from '#functions/http/contract.ts';
import { backUpByTime } from '#functions/manager/backup/back-up.ts';
import { copyBackups } from '#functions/manager/backup/copy-backups.ts';
import { runDrill } from '#functions/manager/backup/run-drill.ts';
import { deleteVault } from '#functions/manager/managers/delete-vault.ts';
import type { VaultServices } from '#functions/manager/services.ts';

const AT_ONCE = 50;
/** Milliseconds after which a backup that is not complete was abandoned: longer than a function may run. */
const ABANDONED_MS = 3_600_000;

const SCHEDULE: Actor = { userId: 'schedule', address: '', requestId: '' };

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

async function backUpDue(services: VaultServices): Promise<void> {
  const { table, now } = services.adapters;
  const unreadable = (key: Key, error: Error) =>
    services.logger.error('the record of a manager cannot be read, and it is not backed up', { ...key, error });
  for (const manager of await managersDue(table, now(), AT_ONCE, unreadable)) {
    const began = now();
    try {
      if (manager.models > 0) await backUpByTime(services, manager, SCHEDULE, { what: 'scheduled', kind: 'scheduled' });
      await scheduleBackup(table, manager, began);
      if (manager.models > 0) await planDrill(table, manager, now());
    } catch (error) {
      // It stays due, and those of other managers are made meanwhile.
      services.logger.error('a scheduled backup failed', { manager_id: manager.id, error: error as Error });
    }
  }
}

/** Of each run, so that backups that become due are not kept waiting. */
const DRILLS_AT_ONCE = 5;
const DRILL_MS = 60_000;

async function drillDue(services: VaultServices): Promise<void> {
  const { table, now } = services.adapters;
  for (const due of await drillsDue(table, now(), DRILLS_AT_ONCE)) {
    try {
      const manager = await findManager(table, due.account_id, due.id);
      if (!manager || manager.config.restore_drill_interval_hours === 0) {
        await endDrills(table, due);
        continue;
      }
      const result = await runDrill(services, manager, SCHEDULE, { milliseconds: DRILL_MS });
      if (result?.failed.length) services.logger.error('a restore drill failed', { manager_id: manager.id });
    } catch (error) {
      services.logger.error('a restore drill did not end', { manager_id: due.id, error: error as Error });
      // Those of other managers are made meanwhile.
      await postponeDrill(table, due, now());
    }
  }
}

/** Jobs whose process died with their message. */
async function resumeAbandoned({ adapters, settings }: VaultServices): Promise<void> {
  const { table, queues, now } = adapters;
  for (const job of await abandonedJobs(table, now() - settings.vaultLeaseSeconds * 1000, AT_ONCE)) {
    const { account_id, manager_id, kind, fingerprint } = job;
    await send(queues.vault, { account_id, manager_id, kind, fingerprint });
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

/** Of each run, less than a function may take. */
const COPY_MS = 600_000;

async function copyDue(services: VaultServices): Promise<void> {
  const { table, backupCopies, now } = services.adapters;
  if (backupCopies === undefined) return;
  const until = now() + COPY_MS;
  for (const note of await copiesDue(table, now(), AT_ONCE)) {
    try {
      if (!(await copyBackups(services, backupCopies, note, until))) return;
    } catch (error) {
      // It stays due, and those of other managers are copied meanwhile.
      services.logger.error('backups are not copied to the second location yet', {
        manager_id: note.id,
        error: error as Error,
      });
    }
  }
}
