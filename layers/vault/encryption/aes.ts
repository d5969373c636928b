/**
 * AES-256-GCM in the message format of the AWS Encryption SDK, so that every SDK of AWS reads what is stored here. The
 * suite derives a key for each message (HKDF with SHA-512) and commits to it. No message is signed with ECDSA, since
 * the same party writes and reads.
 *
 * The keys, the headers and the ciphers of frames are the SDK's own. Only its streams are not used: they wait for a turn
 * of the event loop after each piece, several times a frame, and copy.
 */
import { isDeepStrictEqual } from 'node:util';
import { getEncryptionInfo } from '@aws-crypto/encrypt-node/build/main/src/encrypt_stream.js';
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  NodeAlgorithmSuite,
  NodeDefaultCryptographicMaterialsManager,
  unwrapDataKey,
} from '@aws-crypto/material-management-node';
import { nodeKdf } from '@aws-crypto/material-management-node/build/main/src/material_helpers.js';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import type { EncryptionContext } from '#domain/ports/keys/port.ts';
import { inPieces, release } from '#domain/release.ts';
import { IntegrityError } from '../errors.ts';
import { decipherFrame, hashFrame, newFrame, type OpenedMessage, openMessage } from './aes-message.ts';
import { ByteReader } from './byte-reader.ts';
import { type Chunk, chunks } from './chunks.ts';
import { type ByteSource, type Cipher, FRAME_BYTES } from './cipher.ts';
import type { Hash } from './hash.ts';
import { Source } from './source.ts';

/** Names the key in a message. Another implementation needs them to open it; see docs/security.md. */
export const KEYRING = { namespace: 'trainyard', name: 'model-key' } as const;

const commitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const suite = new NodeAlgorithmSuite(AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY);

export const aes: Cipher = {
  async *encrypt(plaintext, key, context, { isSourceReleased = false } = {}) {
    const { getCipher, messageHeader, rawHeader, dispose } = await newMessage(key, context);
    let number = 0;
    try {
      for await (const { pieces, length, last } of framesOf(plaintext)) {
        // Not before the source has begun: who gives up after the header ends the source, too.
        if (number === 0) yield* rawHeader;
        number += 1;
        const { header, iv, additionalData } = newFrame(messageHeader, number, length, last);
        yield header;
        const cipher = getCipher(iv);
        cipher.setAAD(additionalData);
        for (const piece of pieces) for (const part of inPieces(piece)) yield cipher.update(asBuffer(part));
        cipher.final();
        yield cipher.getAuthTag();
        if (isSourceReleased) pieces.forEach(release);
      }
    } finally {
      dispose();
    }
  },

  async *decrypt(ciphertext, key, context, { isSourceReleased = false } = {}) {
    await using opened = await begin(ciphertext, key, context, isSourceReleased);
    const { reader, message } = opened;
    try {
      for (let [number, last] = [1, false]; !last; number += 1) {
        const frame = await decipherFrame(reader, message, number);
        yield* frame.plaintext;
        last = frame.last;
      }
      await expectEnd(reader);
    } catch (error) {
      throw opened.explained(error);
    }
  },
};

/**
 * As `encrypt`, by what hashes the ciphertext, which may be another thread: one frame is encrypted while the next is read.
 * Gives back the memory of the source.
 */
export async function* encryptWith(
  hash: Hash,
  plaintext: ByteSource,
  key: Uint8Array,
  context: EncryptionContext,
): AsyncGenerator<Uint8Array> {
  const { frameKey, messageHeader, rawHeader, dispose } = await newMessage(key, context);
  const own = frameKey();
  let number = 0;
  let before: Promise<readonly Uint8Array[]> = Promise.resolve([]);
  const written = async (bytes: Uint8Array) => {
    await hash.update(bytes);
    return bytes;
  };
  try {
    for await (const { pieces, length, last } of framesOf(plaintext)) {
      if (number === 0) for (const part of rawHeader) yield await written(part);
      number += 1;
      const { header, ...cipher } = newFrame(messageHeader, number, length, last);
      await hash.update(header);
      hash.begin({ key: own, ...cipher });
      for (const piece of pieces) await hash.update(piece);
      pieces.forEach(release);
      const sealing = Promise.resolve(hash.seal()).then(({ ciphertext, tag }) => [header, ...ciphertext, tag]);
      // Whoever asks for it gets the error.
      sealing.catch(() => {});
      yield* await before;
      before = sealing;
    }
    yield* await before;
  } finally {
    own.fill(0);
    dispose();
  }
}

/** A new message, whose key is its own. */
async function newMessage(key: Uint8Array, context: EncryptionContext) {
  const encryptionContext = { ...context };
  const material = await materials(key).getEncryptionMaterials({ suite, encryptionContext, commitmentPolicy });
  const info = getEncryptionInfo(material, FRAME_BYTES);
  const { messageId } = info.messageHeader;
  return { ...info, frameKey: () => Uint8Array.from(unwrapDataKey(nodeKdf(material, messageId).derivedKey)) };
}

/** As the SDK writes them: behind frames that are all full there is an empty one. */
async function* framesOf(plaintext: ByteSource): AsyncGenerator<Chunk> {
  for await (const { pieces, length, last } of chunks(plaintext, FRAME_BYTES)) {
    const isFull = length === FRAME_BYTES;
    if (isFull || last) yield { pieces, length, last: last && !isFull };
    if (isFull && last) yield { pieces: [], length: 0, last: true };
  }
}

/**
 * Decrypts a message to its end and hashes what was in it, of which nothing is kept; gives back the memory of the source.
 * Only with the digest it is known whether that was authentic. Throws as `decrypt` does.
 */
export async function hashMessage(
  ciphertext: ByteSource,
  key: Uint8Array,
  context: EncryptionContext,
  hash: Hash,
): Promise<{ readonly frames: MessageFrames; readonly bytes: number }> {
  await using opened = await begin(ciphertext, key, context, true);
  const { reader, message } = opened;
  const frames = message.frames();
  try {
    let bytes = 0;
    for (let [number, last] = [1, false]; !last; number += 1) {
      const frame = await hashFrame(reader, message, frames.key, number, hash);
      bytes += frame.bytes;
      last = frame.last;
    }
    await expectEnd(reader);
    return { frames, bytes };
  } catch (error) {
    throw opened.explained(error);
  }
}

/** Reads the header of a message, which has to be of that key and context. Disposing of the result closes the source. */
async function begin(ciphertext: ByteSource, key: Uint8Array, context: EncryptionContext, isSourceReleased: boolean) {
  const source = new Source(ciphertext);
  const reader = new ByteReader(source, isSourceReleased);
  /** The source's own error, if there was one. */
  const explained = (error: unknown): unknown => {
    if (source.failed !== undefined) return source.failed.error;
    if (error instanceof IntegrityError) return error;
    return new IntegrityError('changed', 'The stored file was changed, cut off, or encrypted with another key');
  };
  let message: OpenedMessage | undefined;
  const close = async () => {
    message?.dispose();
    await reader.close();
  };
  try {
    message = await openMessage(reader, materials(key), commitmentPolicy);
    // The SDK opens a message under the context that the message itself states; whose it is has to be compared.
    if (!isDeepStrictEqual({ ...message.header.messageHeader.encryptionContext }, { ...context })) {
      throw new IntegrityError('context', 'The stored file belongs to another model or revision');
    }
    return { reader, message, explained, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw explained(error);
  }
}

async function expectEnd(reader: ByteReader): Promise<void> {
  if (await reader.has(1)) throw new IntegrityError('trailing bytes', 'The stored file has bytes behind its end');
}

/** A keyring overwrites the bytes that it is given with zeros once it has a key of them, so that it gets a copy. */
const materials = (key: Uint8Array): NodeDefaultCryptographicMaterialsManager =>
  new NodeDefaultCryptographicMaterialsManager(
    new RawAesKeyringNode({
      keyNamespace: KEYRING.namespace,
      keyName: KEYRING.name,
      unencryptedMasterKey: new Uint8Array(key),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      utf8Sorting: true,
    }),
  );

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
