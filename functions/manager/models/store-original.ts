/** A model's own file from a stream: compressed, encrypted and hashed on the way, in constant memory, however large it is. */
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { Digesting } from '#vault/encryption/digest.ts';
import type { Digests } from '#vault/encryption/seal.ts';
import { packStream } from './pack-stream.ts';
import { type Sealing, sealUnder } from './seal.ts';

/** What the record has of it. */
export type StoredOriginal = Pick<StoredModel, 'size' | 'sha256' | 'compressed' | 'digests'>;

/** @param size about how many bytes there will be */
export async function storeOriginal(
  blobs: Blobs,
  key: string,
  body: AsyncIterable<Uint8Array>,
  sealing: Sealing | undefined,
  size: number,
): Promise<StoredOriginal> {
  const packed = await packStream(body);
  const digests = await store(blobs, key, packed.bytes, sealing, size);
  const { sha256, bytes } = packed.original?.() ?? digests.plaintext;
  return { size: bytes, sha256, compressed: packed.compressed, digests };
}

async function store(
  blobs: Blobs,
  key: string,
  body: AsyncIterable<Uint8Array>,
  sealing: Sealing | undefined,
  size: number,
): Promise<Digests> {
  if (sealing === undefined) {
    const plain = new Digesting(body);
    await blobs.put(key, plain, { isFollowed: true });
    return { plaintext: plain.digest(), ciphertext: plain.digest() };
  }
  const sealed = sealUnder(body, sealing, size);
  // Its SHA-256 is in the model's record, and each frame has a tag.
  await blobs.put(key, sealed.ciphertext, { isReleased: true, isAuthenticated: true, isFollowed: true });
  return sealed.digests();
}
