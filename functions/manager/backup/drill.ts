import { z } from 'zod';
import type { Drill } from '#domain/vault/drills.ts';
import { BackupNotFoundError } from '#domain/vault/errors.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, readManager, tags, time } from '../fields.ts';
import { runDrill } from './run-drill.ts';

export const drillResult = z
  .strictObject({
    passed: z.boolean(),
    drilled_at: time,
    backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
    models_restored: z.int().meta({ description: 'Whose files are those that were backed up' }),
    models_left: z.int().meta({ description: 'For which there was no time' }),
    failures: z.array(z.strictObject({ model_name: z.string(), reason: z.string() })),
    drill_time: z.number().meta({ description: 'Seconds' }),
  })
  .meta({ id: 'RestoreDrill' });

export const showDrill = (of: Drill): z.input<typeof drillResult> => ({
  passed: of.failed.length === 0,
  drilled_at: of.at,
  backup_name: of.backup,
  models_restored: of.restored,
  models_left: of.left,
  failures: of.failed,
  drill_time: of.milliseconds / 1000,
});

/** How long a request restores; less than a function may take. */
const REQUEST_MS = 15_000;

export const drill = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/drill',
  summary: 'Try to restore the last backup',
  description:
    'An addition to the document. The last backup that needs no password is restored into a scratch vault, every file is compared with what was backed up, and the scratch vault is deleted. Every `restore_drill_interval_hours` this is done by itself; `health` has the result.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath },
  responses: { 200: { description: 'What could be restored', schema: drillResult } },
  resource: readManager,
  async handler(input, services) {
    const { resource: manager } = input;
    const by = actorOf(input);
    const result = await auditFailure(services, manager, by, { action: 'restore_drill' }, async () => {
      const found = await runDrill(services, manager, by, REQUEST_MS);
      if (!found) throw new BackupNotFoundError(manager.id, 'of any name that opens without a password', []);
      return found;
    });
    return { status: 200, body: showDrill(result) };
  },
});
