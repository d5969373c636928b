import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { copiesAreDue } from '#domain/vault/copies.ts';
import { deployedSince } from '#domain/vault/deployment.ts';
import { lastDrill } from '#domain/vault/drills.ts';
import { route } from '#functions/http/route.ts';
import { auditSuccess } from '../audited.ts';
import { drillResult, showDrill } from '../backup/drill.ts';
import { actorOf, managerPath, readManager, tags, time } from '../fields.ts';
import { type DamagedModel, damagedModels } from './damaged.ts';
import { probeBackups, probeEncryption, probeStorage } from './probes.ts';

const PROBES = {
  storage_accessible: probeStorage,
  encryption_working: probeEncryption,
  backup_system: probeBackups,
} as const;

const damagedModel = z
  .strictObject({
    model_name: z.string().meta({ example: 'classifier_v2.1' }),
    backup_name: z.string().nullable().meta({ description: 'The newest backup that has what was stored, if any has' }),
  })
  .meta({ id: 'DamagedModel' });

export const health = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/health',
  summary: 'Check the health of a manager',
  description:
    'A file is written and read, a text is encrypted and decrypted, the scheduled backup must not be late by an interval, and the hashes of some stored models are compared.',
  tags: tags.monitoring,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath },
  responses: {
    200: {
      description: 'What was measured',
      schema: z
        .strictObject({
          status: z.enum(['healthy', 'degraded', 'unhealthy']),
          checks: z.strictObject({
            storage_accessible: z.boolean(),
            encryption_working: z.boolean(),
            backup_system: z.boolean(),
            model_integrity: z.boolean(),
          }),
          last_check: time,
          damaged_models: z.array(damagedModel).meta({
            description:
              'An addition: models that are not what was stored, of those that were compared now or found before. A restore from the backup with `overwrite_existing` repairs one',
          }),
          restore_drill: drillResult.nullable().meta({
            description: 'An addition: the last one; a failed one makes the manager degraded. Null before the first',
          }),
          backup_copies: z.enum(['none', 'pending', 'current']).meta({
            description:
              'An addition: whether the second location has every backup; none where there is no such location',
          }),
          encryption_enabled: z.boolean().meta({ description: 'An addition: false where models are stored plainly' }),
          uptime: z.string().meta({ description: 'In the cloud, since the deployment', example: '5d 12h 30m' }),
        })
        .meta({ id: 'ManagerHealth' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of } = input;
    const { table, backupCopies, now } = services.adapters;
    const measured = async <T>(check: string, run: () => Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await run();
      } catch (error) {
        services.logger.error('a check of a manager failed', { check, error: error as Error });
        return otherwise;
      }
    };
    const measure = (name: keyof typeof PROBES) => measured(name, () => PROBES[name](services, of), false);
    const find = async (): Promise<readonly DamagedModel[] | undefined> => damagedModels(services, of);
    const damaged = await measured('model_integrity', find, undefined);
    const checks = {
      storage_accessible: await measure('storage_accessible'),
      encryption_working: await measure('encryption_working'),
      backup_system: await measure('backup_system'),
      model_integrity: damaged?.length === 0,
    };
    const { backup_system, ...needed } = checks;
    const last = await lastDrill(table, of);
    const recoverable = backup_system && (last === undefined || last.failed.length === 0);
    await auditSuccess(services, of, actorOf(input), { action: 'health_check', facts: checks });
    const works = Object.values(needed).every((passed) => passed);
    const copies = backupCopies === undefined ? 'none' : (await copiesAreDue(table, of)) ? 'pending' : 'current';
    const since = services.settings.startedAt ?? (await deployedSince(table, services.settings.version, now()));
    return {
      status: 200,
      body: {
        status: works ? (recoverable ? 'healthy' : 'degraded') : 'unhealthy',
        checks,
        last_check: isoTime(now()),
        damaged_models: (damaged ?? []).map(({ name, backup = null }) => ({ model_name: name, backup_name: backup })),
        restore_drill: last === undefined ? null : showDrill(last),
        backup_copies: copies,
        encryption_enabled: of.config.enable_encryption,
        uptime: showDuration(now() - Date.parse(since)),
      },
    };
  },
});

const MINUTE = 60_000;

/** `5d 12h 30m`. */
function showDuration(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / MINUTE));
  return `${Math.floor(minutes / 1440)}d ${Math.floor(minutes / 60) % 24}h ${minutes % 60}m`;
}
