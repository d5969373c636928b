/** From a staged file to the files of a revision. */
import { checked } from '#domain/checked-stream.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import { fileOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { familyOf, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { stagedModel } from '#domain/vault/staged.ts';
import type { VaultUpload } from '#domain/vault/uploads.ts';
import type { JobServices } from '../services.ts';
import { quantized, storeInt8 } from './int8.ts';
import { inspectPickles } from './pickles.ts';
import type { Sealing } from './seal.ts';
import { type SigningRequest, signatureOf } from './sign.ts';
import { type StoredOriginal, storeOriginal } from './store-original.ts';

export type Stored = Omit<StoredModel, 'id' | 'created_at' | 'modified_at' | 'saved_by'>;

interface Wanted {
  /** The revision, whose files are marked. */
  readonly place: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>;
  readonly signing: SigningRequest;
  /** None where the manager stores plainly. */
  readonly sealing: Sealing | undefined;
  /** The model's own file, where it is in its place already. */
  readonly original: StoredOriginal | undefined;
  readonly pickle: StoredModel['pickle'];
}

/** Throws `UnsafeArtifactError`, and `BlobNotFoundError` if nothing is staged any more. */
export const inspectStaged = (
  { adapters: { blobs } }: JobServices,
  manager: Manager,
  { id, file_size, name }: VaultUpload,
): Promise<StoredModel['pickle']> =>
  inspectPickles(accessTo(blobs.artifacts, stagedModel(manager, id).file, file_size), manager, name);

/** Throws `BlobNotFoundError` if nothing is staged any more. */
export async function storeStaged(
  services: JobServices,
  manager: Manager,
  upload: VaultUpload,
  { place, signing, sealing, original, pickle }: Wanted,
): Promise<{ readonly stored: Stored; readonly warnings: readonly string[] }> {
  const { blobs, keys } = services.adapters;
  const { artifacts } = blobs;
  const { file: staged } = stagedModel(manager, upload.id);
  const file = original ?? (await storeFrom(artifacts, staged, fileOf(place, 'original'), sealing, upload.file_size));
  const { size, sha256 } = file;
  const signature = await signatureOf(keys, signing, { name: upload.name, sha256 });
  const { version, warning } = await quantized(services, manager, size, () => whole(artifacts, staged, size));
  const stored: Stored = {
    ...place,
    name: upload.name,
    manager_id: manager.id,
    family: familyOf(upload.name).family,
    version: versionOf(upload.name, upload.metadata),
    metadata: upload.metadata,
    tags: upload.tags,
    ...file,
    ...(sealing === undefined ? {} : { encryption: sealing.encryption }),
    ...(signature === undefined ? {} : { signature }),
    ...(pickle === undefined ? {} : { pickle }),
    ...(version === undefined ? {} : { int8: await storeInt8(artifacts, place, version, sealing) }),
  };
  return { stored, warnings: warning === undefined ? [] : [warning] };
}

/** Without a second copy in memory. */
async function whole(blobs: Blobs, key: string, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for await (const chunk of (await blobs.get(key)).body as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const accessTo = (blobs: Blobs, key: string, size: number): RandomAccess => ({
  size,
  read: async (start, end) =>
    end <= start
      ? new Uint8Array()
      : Buffer.concat(await (await blobs.get(key, { start, end: end - 1 })).body.toArray()),
});

async function storeFrom(blobs: Blobs, staged: string, key: string, sealing: Sealing | undefined, size: number) {
  const { body, digests: written } = await blobs.get(staged);
  const bytes = written === undefined ? body : checked('What was uploaded', body, written);
  return storeOriginal(blobs, key, bytes, sealing, size);
}
