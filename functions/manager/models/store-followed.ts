/**
 * A model's own file of the parts of an upload while they still arrive. Parts that are frames of a message, as the bucket may
 * store them, are the file once all of them are there: they are decrypted and hashed, and nothing is written a second time.
 */
import type { Blobs, FollowedUpload } from '#domain/ports/blobs/port.ts';
import { PartNotFramedError } from '#domain/ports/errors.ts';
import { encryptionContext } from '#vault/context.ts';
import { beginMessage } from '#vault/encryption/aes.ts';
import { digestMessage } from '#vault/encryption/open.ts';
import { isCompressed } from './pack-stream.ts';
import type { Sealing } from './seal.ts';
import { type StoredOriginal, storeOriginal } from './store-original.ts';

/** Of the file of an upload. */
export type Message = Awaited<ReturnType<typeof beginMessage>>;

/** A message whose frames parts can become. `undefined`: files of this manager are encrypted in another way, or not at all. */
export async function messageOf(sealing: Sealing | undefined): Promise<Message | undefined> {
  if (sealing?.encryption.algorithm !== 'AES-256-GCM') return undefined;
  return beginMessage(sealing.key, encryptionContext(sealing.encryption.sealed_for));
}

interface Wanted {
  /** None where the manager stores plainly. */
  readonly sealing: Sealing | undefined;
  /** Where parts may be frames of it: its header. */
  readonly header: Uint8Array | undefined;
  readonly size: number;
}

export async function storeFollowed(
  blobs: Blobs,
  key: string,
  followed: FollowedUpload,
  { sealing, header, size }: Wanted,
): Promise<StoredOriginal> {
  const ofParts = sealing && header && (await joinFrames(key, followed, { sealing, header, size }));
  return ofParts ?? storeOriginal(blobs, key, followed.body, sealing, size);
}

/** `undefined`: the file has to be written anew. */
async function joinFrames(
  key: string,
  followed: FollowedUpload,
  { sealing, header, size }: { readonly sealing: Sealing; readonly header: Uint8Array; readonly size: number },
): Promise<StoredOriginal | undefined> {
  if (await isCompressed(followed.body)) return undefined;
  const context = encryptionContext(sealing.encryption.sealed_for);
  try {
    const { digests, frames } = await digestMessage(
      behind(header, followed.frames),
      { key: sealing.key, context },
      size,
    );
    frames.key.fill(0);
    await followed.putMessage(key, header);
    const { sha256, bytes } = digests.plaintext;
    return { size: bytes, sha256, compressed: false, digests };
  } catch (error) {
    if (error instanceof PartNotFramedError) return undefined;
    throw error;
  }
}

async function* behind(header: Uint8Array, frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A copy: whoever reads it gives back its memory.
  yield Uint8Array.from(header);
  yield* frames;
}
