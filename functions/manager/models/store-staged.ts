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
import type { FileServices, VaultServices } from '../services.ts';
import { type Quantization, quantized, storeInt8, without } from './int8.ts';
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
  services: VaultServices & Partial<Pick<FileServices, 'quantize'>>,
  manager: Manager,
  upload: VaultUpload,
  { place, signing, sealing }: Wanted,
): Promise<{ readonly stored: Stored; readonly warnings: readonly string[] }> {
  const { blobs, keys } = services.adapters;
  const { artifacts } = blobs;
  const { file: staged } = stagedModel(manager, upload.id);
  const pickle = await inspectPickles(accessTo(artifacts, staged, upload.file_size), manager, upload.name);
  const { body: bytes, digests: written } = await artifacts.get(staged);
  const body = written === undefined ? bytes : checked('What was uploaded', bytes, written);
  const digests = await store(artifacts, fileOf(place, 'original'), body, sealing, upload.file_size);
  const { sha256, bytes: size } = digests.plaintext;
  const signature = await signatureOf(keys, signing, { name: upload.name, sha256 });
  const whole = async () => Buffer.concat(await (await artifacts.get(staged)).body.toArray());
  const { version, warning } = await int8Of(services, manager, size, whole);
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
    compressed: false,
    digests,
    ...(sealing === undefined ? {} : { encryption: sealing.encryption }),
    ...(signature === undefined ? {} : { signature }),
    ...(pickle === undefined ? {} : { pickle }),
    ...(version === undefined ? {} : { int8: await storeInt8(artifacts, place, version, sealing) }),
  };
  return { stored, warnings: warning === undefined ? [] : [warning] };
}

/** What outlasts its request is saved where nothing can make a version with weights of 8 bits. */
async function int8Of(
  { quantize }: Partial<Pick<FileServices, 'quantize'>>,
  manager: Manager,
  size: number,
  whole: () => Promise<Uint8Array>,
): Promise<Quantization> {
  if (quantize) return quantized({ quantize }, manager, size, whole);
  return manager.config.enable_quantization ? without(`a model of ${size} bytes is too large`) : {};
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
  await blobs.put(key, sealed.ciphertext, { isReleased: true });
  return sealed.digests();
}
