import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { getBackup } from '#domain/vault/backups.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password, readManager, tags, time } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { goingOn, showGoing } from './fields.ts';
import { restoreProgress, restoreWork } from './restore-work.ts';

const name = z
  .string()
  .min(1)
  .max(LIMITS.vault.name * 2);

const body = z
  .strictObject({
    backup_name: name.meta({ example: 'daily_backup_20250115' }),
    restore_password: password.optional().meta({
      description: 'Needed only where the backup was made with a `backup_password`',
    }),
    overwrite_existing: z.boolean().default(false),
    models_to_restore: z
      .array(name)
      .min(1)
      .max(LIMITS.vault.namedModels)
      .optional()
      .meta({ description: 'Left out, all of the backup', example: ['classifier_v2.1'] }),
    dry_run: z.boolean().default(false).meta({
      description:
        'An addition: only say what would be done. Every file is read, decrypted and compared with what was saved, as a restore does',
    }),
  })
  .meta({ id: 'RestoreRequest' });

export const restore = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/restore',
  summary: 'Restore models from a backup',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    200: {
      description: 'Restored',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Backup restored successfully' }),
          backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
          models_restored: z.int().meta({ description: 'None of a dry run' }),
          restored_models: z.array(z.string()).meta({ description: 'Empty of a dry run' }),
          would_restore: z.array(z.string()).meta({ description: 'An addition: of a dry run, what would be restored' }),
          skipped_models: z.array(z.string()).meta({ description: 'Those that exist, without `overwrite_existing`' }),
          missing: z.array(z.string()).meta({ description: 'Names that the backup does not have' }),
          dry_run: z.boolean(),
          compared_as_stored: z.array(z.string()).meta({
            description:
              'An addition: of a dry run, models that only a password of their own opens; their encrypted files are what was backed up',
          }),
          restored_at: time,
        })
        .meta({ id: 'BackupRestored' }),
    },
    202: { description: 'Going on: repeat the request to see how far', schema: goingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const by = actorOf(input);
    const request = {
      backup: given.backup_name,
      names: given.models_to_restore ?? null,
      overwrite: given.overwrite_existing,
      dry_run: given.dry_run,
    };
    const secrets = given.restore_password === undefined ? {} : { password: given.restore_password };
    const outcome = await auditFailure(services, manager, by, { action: 'backup_restore' }, async () => {
      const { complete } = await getBackup(services.adapters.table, manager, given.backup_name);
      const wanted = { kind: 'restore', request, secrets, bytes: complete.bytes } as const;
      return runOrQueue(services, manager, by, wanted, restoreWork);
    });
    if ('going' in outcome) {
      const { outcomes, total } = restoreProgress.parse(outcome.going);
      return { status: 202, body: showGoing(given.backup_name, { done: outcomes.length, total }) };
    }
    const { done } = outcome;
    const [restored, planned] = given.dry_run ? [[], done.restored] : [done.restored, []];
    return {
      status: 200,
      body: {
        message: given.dry_run ? 'Nothing was changed' : 'Backup restored successfully',
        backup_name: given.backup_name,
        models_restored: restored.length,
        restored_models: restored,
        would_restore: planned,
        skipped_models: done.skipped,
        missing: done.missing,
        dry_run: given.dry_run,
        compared_as_stored: done.as_stored,
        restored_at: isoTime(services.adapters.now()),
      },
    };
  },
});
