/** A backup of a manager, or of some of its models: a manifest, and the files that it names. */
import { z } from 'zod';
import { sealedFor, storedModel } from './model.ts';

/** Why it was made: somebody asked, it was due, a model was saved, or something was about to be deleted. */
export const BACKUP_KINDS = ['named', 'scheduled', 'save', 'deletion'] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

const digest = z.object({ sha256: z.string(), bytes: z.int() });

export const backup = z.object({
  id: z.string(),
  name: z.string(),
  account_id: z.string(),
  manager_id: z.string(),
  kind: z.enum(BACKUP_KINDS),
  created_at: z.string(),
  compressed: z.boolean(),
  /** Missing until it is complete. */
  complete: z
    .object({
      /** Of the manifest and of the files that it names, each once. */
      bytes: z.int().min(0),
      models: z.int().min(0),
      /** The files that the manifest names, each once; missing in those of earlier versions, which may hold others. */
      files: z.int().min(0).exactOptional(),
      digests: z.object({ plaintext: digest, ciphertext: digest }),
      /** Missing for one that is not encrypted. */
      encryption: z
        .object({
          algorithm: z.string(),
          key_derivation: z.string(),
          wrapped_key: z.json(),
          sealed_for: sealedFor,
        })
        .optional(),
    })
    .optional(),
  /** The upload of the archive that it came from, if it did: what completes that again after a crash goes on with it. */
  upload: z.string().optional(),
  /** When it is deleted; never for one that somebody asked for. */
  expires_at: z.string().optional(),
});
export type Backup = z.infer<typeof backup>;
/** With what it has from then on. */
export const completeBackup = backup.required({ complete: true });
export type CompleteBackup = z.infer<typeof completeBackup>;

/** Relative, as the API's document shows it. The archive of that name is made when it is downloaded. */
export const backupPath = ({ name, kind, compressed }: Pick<Backup, 'name' | 'kind' | 'compressed'>): string => {
  if (kind === 'save' || kind === 'deletion') return `./backups/${name}.backup`;
  return `./backups/${archiveName({ name, compressed })}`;
};

/** Of the file that it is downloaded as. */
export const archiveName = ({ name, compressed }: Pick<Backup, 'name' | 'compressed'>): string =>
  `${name}${compressed ? '.tar.gz' : '.tar'}`;

export const archiveType = ({ compressed }: Pick<Backup, 'compressed'>): string =>
  compressed ? 'application/gzip' : 'application/x-tar';

const backedUpFile = z.object({
  /** The SHA-256 by which the file is found. */
  content: z.string(),
  bytes: z.int(),
  /** The key and digests of a file that was stored plainly and is encrypted in the backup. */
  sealed: z
    .object({
      key: z.string(),
      digests: z.object({ plaintext: digest, ciphertext: digest }),
      /** Earlier versions encrypted such a file for one backup. */
      sealed_for: sealedFor.optional(),
    })
    .optional(),
});
export type BackedUpFile = z.infer<typeof backedUpFile>;

/** A model in a backup, with the file that holds its bytes, and the one of its version with weights of 8 bits. */
export const backedUpModel = backedUpFile.extend({
  model: storedModel,
  int8: backedUpFile.optional(),
  /** Somebody had made it the active version of its family. */
  active: z.boolean().optional(),
});
export type BackedUpModel = z.infer<typeof backedUpModel>;

/** Without its models, which are parsed one by one. */
export const manifestHead = z.object({
  version: z.literal(1),
  name: z.string(),
  manager_id: z.string(),
  created_at: z.string(),
});
export type Manifest = z.infer<typeof manifestHead> & { readonly models: BackedUpModel[] };
