import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { backupPath } from '#domain/vault/backup.ts';
import { megabytes } from '#domain/vault/model.ts';
import { backupName } from '#domain/vault/names.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password, readManager, sizeMb, tags, time } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { namedByTime } from './back-up.ts';
import { goingOn, showGoing } from './fields.ts';
import { backupProgress } from './progress.ts';
import { backupWork } from './work.ts';

const names = z.array(z.string().min(1).max(LIMITS.vault.name)).min(1).max(LIMITS.vault.namedModels);

const body = z
  .strictObject({
    backup_name: backupName.optional().meta({ description: 'Left out, it has a name by its time' }),
    include_models: names.optional().meta({
      description: 'Left out, all models. Of names that do not exist `missing` lists those',
      example: ['classifier_v2.1', 'regressor_v1.0'],
    }),
    compress: z.boolean().default(true),
    encrypt_backup: z.boolean().default(true),
    backup_password: password.optional().meta({
      description: 'An addition: without it the platform’s key wraps the key of an encrypted backup',
    }),
  })
  .meta({ id: 'BackupRequest' });

const created = z
  .strictObject({
    message: z.string().meta({ example: 'Backup created successfully' }),
    backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
    backup_path: z.string().meta({ example: './backups/daily_backup_20250115.tar.gz' }),
    backup_size_mb: sizeMb,
    models_included: z.int(),
    created_at: time,
    missing: z.array(z.string()).meta({ description: 'An addition: names that no model has' }),
    damaged: z.array(z.string()).meta({
      description: 'An addition: models that are not in the backup, since their files are not what was stored',
    }),
    taken_from_backup: z.array(z.string()).meta({
      description:
        'An addition: models whose own files are damaged; the backup has the copies that an earlier one had. Restore them with `overwrite_existing`',
    }),
  })
  .meta({ id: 'BackupCreated' });

export const create = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/create',
  summary: 'Back up models',
  tags: tags.backups,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    201: { description: 'Backed up', schema: created },
    202: { description: 'Going on: repeat the request, with this name, to see how far', schema: goingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const by = actorOf(input);
    if (given.backup_password !== undefined && !given.encrypt_backup) {
      throw ValidationError.of('encrypt_backup', 'must not be false where there is a backup_password');
    }
    const { include_models: include = null, compress, encrypt_backup: encrypt } = given;
    const secrets = given.backup_password === undefined ? {} : { password: given.backup_password };
    const run = async (name: string) => {
      const request = { name, include, compress, encrypt };
      const wanted = { kind: 'backup', request, secrets, bytes: manager.bytes } as const;
      return { name, outcome: await runOrQueue(services, manager, by, wanted, backupWork) };
    };
    const { name, outcome } = await auditFailure(services, manager, by, { action: 'backup_create' }, () =>
      given.backup_name === undefined ? namedByTime('backup', services.adapters.now(), run) : run(given.backup_name),
    );
    if ('going' in outcome) {
      return { status: 202, body: showGoing(name, backupProgress.parse(outcome.going)) };
    }
    const { done } = outcome;
    return {
      status: 201,
      body: {
        message: 'Backup created successfully',
        backup_name: done.name,
        backup_path: backupPath(done),
        backup_size_mb: megabytes(done.bytes),
        models_included: done.models,
        created_at: done.created_at,
        missing: done.missing,
        damaged: done.damaged,
        taken_from_backup: done.taken_from_backup,
      },
    };
  },
});
