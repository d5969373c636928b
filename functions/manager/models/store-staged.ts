/** From a staged file to the files of a revision: in a stream, in constant memory, however large it is. */
import { checked } from '#domain/checked-stream.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import { fileOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { familyOf, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { stagedModel } from '#domain/vault/staged.ts';
import type { VaultUpload } from '#domain/vault/uploads.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { Digests } from '#vault/encryption/seal.ts';
import type { JobServices } from '../services.ts';
import { quantized, storeInt8 } from './int8.ts';
import { packStream } from './pack-stream.ts';
import { inspectPickles } from './pickles.ts';
import { type Sealing, sealUnder } from './seal.ts';
import { type SigningRequest, signatureOf } from './sign.ts';

export type Stored = Omit<StoredModel, 'id' | 'created_at' | 'modified_at' | 'saved_by'>;

interface Wanted {
  /** The revision, whose files are marked. */
  readonly place: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>;
  readonly signing: SigningRequest;
  /** None where the manager stores plainly. */
  readonly sealing: Sealing | undefined;
}

/** Throws `UnsafeArtifactError`, and `BlobNotFoundError` if nothing is staged any more. */
export async function storeStaged(
  services: JobServices,
  manager: Manager,
  upload: VaultUpload,
  { place, signing, sealing }: Wanted,
): Promise<{ readonly stored: Stored; readonly warnings: readonly string[] }> {
  const { blobs, keys } = services.adapters;
  const { artifacts } = blobs;
  const { file: staged } = stagedModel(manager, upload.id);
  const pickle = await inspectPickles(accessTo(artifacts, staged, upload.file_size), manager, upload.name);
  const { body, digests: written } = await artifacts.get(staged);
  const packed = await packStream(written === undefined ? body : checked('What was uploaded', body, written));
  const digests = await store(artifacts, fileOf(place, 'original'), packed.bytes, sealing, upload.file_size);
  const { sha256, bytes: size } = packed.original?.() ?? digests.plaintext;
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
    size,
    sha256,
    compressed: packed.compressed,
    digests,
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

async function store(
  blobs: Blobs,
  key: string,
  body: AsyncIterable<Uint8Array>,
  sealing: Sealing | undefined,
  size: number,
): Promise<Digests> {
  if (sealing === undefined) {
    const plain = new Digesting(body);
    await blobs.put(key, plain);
    return { plaintext: plain.digest(), ciphertext: plain.digest() };
  }
  const sealed = sealUnder(body, sealing, size);
  // Its SHA-256 is in the model's record, and each frame has a tag.
  await blobs.put(key, sealed.ciphertext, { isReleased: true, isAuthenticated: true });
  return sealed.digests();
}
