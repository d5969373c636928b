/** A backup that comes from elsewhere has everything that it takes to restore it, and says what it is. */
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { StoredDataError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { VaultServices } from '../services.ts';
import { ARCHIVE } from './archive.ts';
import { readManifest } from './manifest.ts';
import { opensAlone } from './opens-alone.ts';

/** A model takes more in any manifest: no record has so many models in so few bytes. */
const MODEL_BYTES = 100;

/**
 * Compares the record with its manifest, and the manifest with the files that came. Of one that a password opens, only how
 * many bytes and files there have to be. Resolves with the files that belong to no model, which only a backup of an earlier
 * version may have: it did not let go of the file of a model that was replaced while it was backed up. Throws what `refused`
 * makes.
 */
export async function expectComplete(
  services: VaultServices,
  backup: CompleteBackup,
  contents: { readonly names: ReadonlySet<string>; readonly bytes: number },
  refused: (why: string) => Error,
): Promise<readonly string[]> {
  const { complete } = backup;
  const manifestBytes = complete.digests.ciphertext.bytes;
  const { names } = contents;
  const bytes = contents.bytes + manifestBytes;
  if (bytes < complete.bytes) throw refused(`it has ${bytes} of the ${complete.bytes} bytes of its backup`);
  const expectBytes = () => {
    // A backup of an earlier version may have a file that does not count in it.
    if (bytes === complete.bytes || complete.files === undefined) return;
    throw refused(`it has ${bytes} bytes, and ${complete.bytes} by its record`);
  };
  if (!opensAlone(backup)) {
    const { files = names.size } = complete;
    if (files !== names.size) throw refused(`it has ${names.size} files, and ${files} by its record`);
    expectBytes();
    if (complete.models * MODEL_BYTES <= manifestBytes) return [];
    throw refused(`its record has ${complete.models} models, and its manifest ${manifestBytes} bytes`);
  }
  const manifest = await readManifest(services, backup, undefined).catch((error: unknown) => {
    const isFormat = error instanceof StoredDataError || error instanceof UnsupportedModelError;
    throw isFormat ? refused(`its manifest cannot be read: ${error.message}`) : error;
  });
  const { models, name, manager_id, created_at } = manifest;
  const same =
    name === backup.name &&
    manager_id === backup.manager_id &&
    created_at === backup.created_at &&
    models.length === complete.models;
  if (!same) throw refused('its record is not that of its manifest');
  const named = models.flatMap((one) => [one, ...(one.int8 ? [one.int8] : [])]);
  const missing = named.find(({ content }) => !names.has(content));
  if (missing) throw refused(`it lacks the file ${missing.content}`);
  const known = new Set(named.map(({ content }) => content));
  const others = [...names].filter((sha256) => !known.has(sha256));
  if (others.length > 0 && complete.files !== undefined)
    throw refused(`it has the file ${ARCHIVE.contents}${others[0]}, which its manifest does not name`);
  expectBytes();
  return others;
}
