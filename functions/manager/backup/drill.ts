import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import type { Drill } from '#domain/vault/drills.ts';
import { BackupNotFoundError } from '#domain/vault/errors.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password, readManager, tags, time } from '../fields.ts';
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

const name = z
  .string()
  .min(1)
  .max(LIMITS.vault.name * 2);

const body = z
  .strictObject({
    backup_name: name
      .optional()
      .meta({ description: 'Left out, the last one that the password opens, or that needs none' }),
    restore_password: password.optional().meta({ description: 'Of a backup that was made with a `backup_password`' }),
  })
  .meta({ id: 'DrillRequest' });

export const drill = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/drill',
  summary: 'Try to restore the last backup',
  description:
    'An addition to the document. A backup, or else the last one that needs no password, is restored into a scratch vault, every file is compared with what was backed up, and the scratch vault is deleted. Every `restore_drill_interval_hours` this is done by itself; `health` has the result.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: optionalJson(body) },
  responses: { 200: { description: 'What could be restored', schema: drillResult } },
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const by = actorOf(input);
    const result = await auditFailure(services, manager, by, { action: 'restore_drill' }, async () => {
      const { backup_name: name, restore_password } = given;
      const wanted = { milliseconds: REQUEST_MS, name, password: restore_password };
      const found = await runDrill(services, manager, by, wanted);
      const how = restore_password === undefined ? 'that opens without a password' : 'that has a password';
      if (!found) throw new BackupNotFoundError(manager.id, `of any name ${how}`, []);
      return found;
    });
    return { status: 200, body: showDrill(result) };
  },
});
