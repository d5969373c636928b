import { z } from 'zod';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { megabytes } from '#domain/vault/model.ts';
import { sizeMb, time } from '../fields.ts';

export const backupSummary = z
  .strictObject({
    backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
    created_at: time,
    size_mb: sizeMb,
    model_count: z.int(),
    encrypted: z.boolean(),
    kind: z.enum(['named', 'scheduled', 'save', 'deletion']).meta({
      description: 'An addition: asked for, by schedule, at a save, or before a deletion',
    }),
    expires_at: time.nullable().meta({ description: 'An addition: when it is deleted' }),
  })
  .meta({ id: 'VaultBackup' });

export const showBackup = (of: CompleteBackup): z.input<typeof backupSummary> => ({
  backup_name: of.name,
  created_at: of.created_at,
  size_mb: megabytes(of.complete.bytes),
  model_count: of.complete.models,
  encrypted: of.complete.encryption !== undefined,
  kind: of.kind,
  expires_at: of.expires_at ?? null,
});

/** Of an archive that outlasts its request. */
export const archiveGoingOn = z
  .strictObject({ message: z.string(), status: z.literal('in_progress') })
  .meta({ id: 'ArchiveGoingOn' });

export const ARCHIVE_GOING: z.input<typeof archiveGoingOn> = {
  message: 'It goes on; repeat the request until it has the end',
  status: 'in_progress',
};

/** Of a backup or a restore that outlasts its request. */
export const goingOn = z
  .strictObject({
    message: z.string(),
    backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
    status: z.literal('in_progress'),
    models_done: z.int(),
    models_total: z.int(),
  })
  .meta({ id: 'BackupGoingOn' });

export const showGoing = (
  backup_name: string,
  { done, total }: { readonly done: number; readonly total: number },
): z.input<typeof goingOn> => ({
  message: 'It goes on; repeat the request to see how far',
  backup_name,
  status: 'in_progress',
  models_done: done,
  models_total: total,
});
