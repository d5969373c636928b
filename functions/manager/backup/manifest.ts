/** The manifest of a backup: written once, encrypted or not, and read for every restore. */
import { blobKeys } from '#domain/blob-keys.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import {
  type BackedUpModel,
  type Backup,
  backedUpModel,
  type CompleteBackup,
  type Manifest,
} from '#domain/vault/backup.ts';
import { StoredDataError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { ManagerConfig } from '#domain/vault/manager.ts';
import { encryptionContext } from '#vault/context.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { open } from '#vault/encryption/open.ts';
import { unwrap } from '#vault/wrapping/wrap.ts';
import { algorithmOf, collected, innerKey, isOfPlatform, sealFile, translated } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { fromEither } from './either-location.ts';
import { outsideModel } from './outside-model.ts';
import { firstOf, ManifestError, parseManifest } from './parse-manifest.ts';

/** After so long the sweep deletes the manifest of a backup that was never completed. */
const ABANDONED_MS = 86_400_000;

/** No model has such a name, so a key of a backup never opens a model. */
const sealedForBackup = ({ account_id, manager_id, name, id }: Backup) => ({
  accountId: account_id,
  managerId: manager_id,
  modelName: `backup/${name}`,
  revision: id,
});

type Facts = Pick<CompleteBackup['complete'], 'digests' | 'encryption'>;

const fileOf = ({ account_id, manager_id, id }: Backup) => blobKeys.backupManifest(account_id, manager_id, id);

/** Writes it under a mark of orphaned files, which completing the backup clears. */
export async function writeManifest(
  { adapters: { table, blobs, keys, now } }: VaultServices,
  of: Backup,
  content: object,
  config: ManagerConfig,
  { encrypt, password }: { readonly encrypt: boolean; readonly password: string | undefined },
): Promise<Facts> {
  const prefix = blobKeys.backupPrefix(of.account_id, of.manager_id, of.id);
  await table.transact([markOrphaned('backups', prefix, now() + ABANDONED_MS)]);
  const bytes = Buffer.from(JSON.stringify(content), 'utf8');
  if (!encrypt) {
    const plain = new Digesting([bytes]);
    await blobs.backups.put(fileOf(of), plain);
    return { digests: { plaintext: plain.digest(), ciphertext: plain.digest() } };
  }
  const sealed = await sealFile([bytes], sealedForBackup(of), config, { password, keys });
  await blobs.backups.put(fileOf(of), sealed.ciphertext);
  return { digests: sealed.digests(), encryption: sealed.encryption };
}

export interface OpenedManifest extends Manifest {
  /**
   * Whether nobody but this installation can have written it. What any other says of its models is what its author says,
   * also where a password opens it.
   */
  readonly isOwn: boolean;
}

/**
 * Throws `WrongPasswordError`, `StoredDataError` if it was changed or is not this backup's, and `UnsupportedModelError` if
 * what it has is not what a manifest has.
 */
export async function readManifest(
  { adapters, logger }: VaultServices,
  of: CompleteBackup,
  password: string | undefined,
): Promise<OpenedManifest> {
  return fromEither(adapters, logger, (backups) => read(backups, adapters.keys, of, password));
}

async function read(
  backups: BlobsWithoutUrls,
  keys: Keys,
  of: CompleteBackup,
  password: string | undefined,
): Promise<OpenedManifest> {
  const facts = { manager_id: of.manager_id, backup_name: of.name };
  const { digests, encryption } = of.complete;
  try {
    // Before the file is opened, which a wrong password would leave open.
    const sealing = encryption && (await sealingOf(of, encryption, password, keys));
    const { body } = await backups.get(fileOf(of));
    const bytes = sealing
      ? await collected(open(body, sealing, digests))
      : await collected(plain(body, digests.ciphertext.sha256, facts));
    const isOwn = encryption !== undefined && isOfPlatform(encryption);
    const model = isOwn ? ownModel : outsideModel;
    return { ...(await parseManifest(Buffer.from(bytes), { models: of.complete.models, model })), isOwn };
  } catch (error) {
    if (error instanceof ManifestError)
      throw new UnsupportedModelError(`The backup is not one of this version: ${error.message}`, facts);
    if (error instanceof BlobNotFoundError) throw new StoredDataError('The manifest of the backup is missing', facts);
    throw translated(error, facts);
  }
}

function ownModel(json: unknown, where: string): BackedUpModel {
  const found = backedUpModel.safeParse(json);
  if (!found.success) throw new ManifestError(`${where}.${firstOf(found.error)}`);
  return found.data;
}

async function sealingOf(
  of: CompleteBackup,
  encryption: NonNullable<Facts['encryption']>,
  password: string | undefined,
  keys: Keys,
) {
  const context = encryptionContext(sealedForBackup(of));
  const key = await unwrap(await innerKey(encryption, keys, context), { password, keys }, context);
  return { algorithm: algorithmOf(encryption), key, context };
}

/**
 * That this installation's key is the one under which the backup's own key was wrapped, also where a password is needed
 * besides. Throws `StoredDataError`.
 */
export async function expectPlatformKey(keys: Keys, of: CompleteBackup): Promise<void> {
  const { encryption } = of.complete;
  if (encryption === undefined) return;
  const context = encryptionContext(sealedForBackup(of));
  try {
    const stored = await innerKey(encryption, keys, context);
    if (stored.derivation.algorithm === 'platform') await unwrap(stored, { keys }, context);
  } catch (error) {
    throw translated(error, { manager_id: of.manager_id, backup_name: of.name });
  }
}

async function* plain(body: AsyncIterable<Uint8Array>, sha256: string, facts: { readonly [name: string]: string }) {
  const digesting = new Digesting(body);
  yield* digesting;
  if (digesting.digest().sha256 !== sha256) throw new StoredDataError('The manifest of the backup was changed', facts);
}
