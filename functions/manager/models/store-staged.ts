/** From a staged file to the files of a revision: in a stream, in constant memory, however large it is. */
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import { fileOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { familyOf, type StoredModel, versionOf } from '#domain/vault/model.ts';
import { stagedModel } from '#domain/vault/staged.ts';
import type { VaultUpload } from '#domain/vault/uploads.ts';
import { encryptionContext } from '#vault/context.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import { type Digests, seal } from '#vault/encryption/seal.ts';
import type { JobServices } from '../services.ts';
import { quantized, storeInt8 } from './int8.ts';
import { packStream } from './pack-stream.ts';
import { inspectPickles } from './pickles.ts';
import { algorithmOf, type Encryption } from './seal.ts';
import { type SigningRequest, signatureOf } from './sign.ts';

export type Stored = Omit<StoredModel, 'id' | 'created_at' | 'modified_at' | 'saved_by'>;

type Sealing = { readonly key: Uint8Array; readonly encryption: Encryption } | undefined;

interface Wanted {
  /** The revision, whose files are marked. */
  readonly place: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>;
  readonly signing: SigningRequest;
  /** None where the manager stores plainly. */
  readonly sealing: Sealing;
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
  const packed = await packStream((await artifacts.get(staged)).body);
  const digests = await store(artifacts, fileOf(place, 'original'), packed.bytes, sealing);
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

async function store(blobs: Blobs, key: string, body: AsyncIterable<Uint8Array>, sealing: Sealing): Promise<Digests> {
  if (sealing === undefined) {
    const plain = new Digesting(body);
    await blobs.put(key, plain);
    return { plaintext: plain.digest(), ciphertext: plain.digest() };
  }
  const { encryption } = sealing;
  const context = encryptionContext(encryption.sealed_for);
  const sealed = seal(body, { algorithm: algorithmOf(encryption), key: sealing.key, context });
  await blobs.put(key, sealed.ciphertext);
  return sealed.digests();
}
