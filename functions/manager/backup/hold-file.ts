/** A file of a model in a backup: as it is stored, or encrypted where it is stored plainly. */
import { newId } from '#domain/ids.ts';
import { reserveForAll, roomFor } from '#domain/installation/storage.ts';
import type { BackedUpFile, Backup } from '#domain/vault/backup.ts';
import { holdContent, holdIntact, type RoomFor, storeContent } from '#domain/vault/contents.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import type { Compared } from '#domain/vault/intact.ts';
import type { SealedFor } from '#domain/vault/model.ts';
import { findSealedCopy, noteSealedCopy, SHARED } from '#domain/vault/sealed-copies.ts';
import { encryptionContext } from '#vault/context.ts';
import { seal } from '#vault/encryption/seal.ts';
import { newDataKey, unwrap, wrappedKey, wrapWithPlatform } from '#vault/wrapping/wrap.ts';
import type { VaultServices } from '../services.ts';
import { asStored } from './as-stored.ts';

export interface Protection {
  readonly encrypt: boolean;
  /** Whether the backup has a password: then nothing in it may open with the platform's key alone. */
  readonly password: boolean;
  /** What is compared of files that other backups hold. */
  readonly compared: Compared;
}

export interface HeldFile {
  readonly held: BackedUpFile;
  /** Whether the model's own file was read to its end, or another backup has what was stored. */
  readonly isRead: boolean;
}

/** Throws `StoredDataError` where the file is not what was stored: what is damaged never gets into a backup. */
export async function holdFile(
  services: VaultServices,
  backup: Backup,
  file: StoredFile,
  { encrypt, password, compared }: Protection,
): Promise<HeldFile> {
  const { table, blobs, now } = services.adapters;
  if (file.encryption === undefined && encrypt) {
    return holdEncrypted(services, backup, file, password ? backup.id : SHARED, compared);
  }
  const read = () => opened(services, backup, file);
  const { sha256, bytes } = file.digests.ciphertext;
  const wanted = { sha256, bytes, place: newId(now()), read, compared, room: roomOf(services, backup) };
  const isRead = await holdContent(table, blobs.backups, backup, wanted, now());
  return { held: { content: sha256, bytes }, isRead };
}

/**
 * What somebody asks for has to have room. Backups by schedule and at a save are made all the same, and so is the last one
 * before a deletion, which makes room.
 */
const roomOf = ({ adapters: { table }, settings }: VaultServices, { account_id, kind }: Backup): RoomFor | undefined =>
  kind === 'named' ? (bytes) => roomFor(table, account_id, bytes, settings.caps) : undefined;

/** What no backup has yet. Whether the account has room is asked once it is copied: that is when it counts. */
async function opened({ adapters, settings }: VaultServices, { kind }: Backup, file: StoredFile) {
  const { table, blobs } = adapters;
  if (kind === 'named') await reserveForAll(table, file.digests.ciphertext.bytes, settings.caps);
  return asStored((await blobs.artifacts.get(file.blob)).body, file, 'The stored file is not the one that was saved');
}

/** Encrypted under a key that stands in the manifest, which is encrypted itself. */
async function holdEncrypted(
  services: VaultServices,
  backup: Backup,
  file: StoredFile,
  holder: string,
  compared: Compared,
): Promise<HeldFile> {
  const { table, blobs, keys, now } = services.adapters;
  const before = await findSealedCopy(table, backup, holder, file.blob);
  const known = before?.digests.ciphertext.sha256;
  // One that was damaged is left behind: the file is encrypted anew.
  if (before && known && (await holdIntact(table, blobs.backups, backup, known, compared)) === 'held') {
    await noteSealedCopy(table, backup, holder, file.blob, before, now());
    const { digests, sealed_for } = before;
    const key = await unwrap(wrappedKey.parse(before.key), { keys }, noteContext(sealed_for));
    return { held: shown(key, digests, sealed_for), isRead: false };
  }
  const place = newId(now());
  const sealed_for = {
    accountId: backup.account_id,
    managerId: backup.manager_id,
    modelName: `backup/${file.name}`,
    revision: place,
  };
  const key = newDataKey();
  const sealing = { algorithm: 'AES-256-GCM', key, context: encryptionContext(sealed_for) } as const;
  async function* plaintext(): AsyncGenerator<Uint8Array> {
    yield* await opened(services, backup, file);
  }
  const sealed = seal(plaintext(), sealing);
  const read = () => sealed.ciphertext;
  const given = { place, read, digest: () => sealed.digests().ciphertext, room: roomOf(services, backup) };
  await storeContent(table, blobs.backups, backup, given, now());
  const digests = sealed.digests();
  const wrapped = await wrapWithPlatform(key, keys, noteContext(sealed_for));
  await noteSealedCopy(table, backup, holder, file.blob, { key: wrapped, digests, sealed_for }, now());
  return { held: shown(key, digests, sealed_for), isRead: true };
}

const shown = (
  key: Uint8Array,
  digests: NonNullable<BackedUpFile['sealed']>['digests'],
  sealed_for: SealedFor,
): BackedUpFile => ({
  content: digests.ciphertext.sha256,
  bytes: digests.ciphertext.bytes,
  sealed: { key: Buffer.from(key).toString('base64'), digests, sealed_for },
});

/** A noted key opens nothing else than the copy that it is noted for. */
const noteContext = (of: SealedFor) => ({ ...encryptionContext(of), 'trainyard:backup': 'noted key' });
