/** Reads what a restore would write, and compares it: what a dry run says is what a restore would find. */
import type { BackedUpModel, CompleteBackup } from '#domain/vault/backup.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import { storedFiles } from '#domain/vault/files.ts';
import { plainOf } from '../models/plain-file.ts';
import { factsOf, needsPassword, openKey, translated } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { contentOf } from './content-of.ts';
import { fromEither } from './either-location.ts';

/**
 * Every file of a model is decrypted, and its SHA-256 compared with that of what was saved; what only a password of the
 * model's own opens is compared as it is stored. Throws `StoredDataError`.
 */
export async function compareFiles(
  { adapters, logger }: VaultServices,
  backup: CompleteBackup,
  one: BackedUpModel,
): Promise<void> {
  const { table, keys } = adapters;
  const { model } = one;
  const isLocked = needsPassword(model);
  const opens = isLocked ? undefined : model.encryption;
  const key = opens && (await openKey(model, opens, { password: undefined, keys }));
  for (const file of storedFiles(model)) {
    const content = file.variant === 'original' ? one : one.int8;
    if (content === undefined) throw new StoredDataError('A file of the backup is missing', factsOf(model));
    await fromEither(adapters, logger, async (backups) => {
      try {
        const stored = await contentOf(table, backups, backup, file, content);
        for await (const _ of isLocked ? stored : plainOf(file, stored, key));
      } catch (error) {
        throw translated(error, factsOf(model));
      }
    });
  }
}
