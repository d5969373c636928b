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
import { getEncryptFrame } from '@aws-crypto/encrypt-node/build/main/src/framed_encrypt_stream.js';
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  NodeAlgorithmSuite,
  NodeDefaultCryptographicMaterialsManager,
} from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import type { EncryptionContext } from '#domain/ports/keys/port.ts';
import { inPieces, release } from '#domain/release.ts';
import { IntegrityError } from '../errors.ts';
import { decipherFrame, hashFrame, type OpenedMessage, openMessage } from './aes-message.ts';
import { ByteReader } from './byte-reader.ts';
import { chunks } from './chunks.ts';
import { type ByteSource, type Cipher, FRAME_BYTES } from './cipher.ts';
import type { Hash } from './hash.ts';
import { Source } from './source.ts';

/** Names the key in a message. Another implementation needs them to open it; see docs/security.md. */
export const KEYRING = { namespace: 'trainyard', name: 'model-key' } as const;

const commitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const suite = new NodeAlgorithmSuite(AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY);

export const aes: Cipher = {
  async *encrypt(plaintext, key, context, { isSourceReleased = false } = {}) {
    const encryptionContext = { ...context };
    const material = await materials(key).getEncryptionMaterials({ suite, encryptionContext, commitmentPolicy });
    const { getCipher, messageHeader, rawHeader, dispose } = getEncryptionInfo(material, FRAME_BYTES);
    let sequenceNumber = 0;
    function* frame(
      pieces: readonly Uint8Array[],
      contentLength: number,
      isFinalFrame: boolean,
    ): Generator<Uint8Array> {
      sequenceNumber += 1;
      const pendingFrame = { content: [], contentLength, sequenceNumber };
      const { cipher, bodyHeader } = getEncryptFrame({ pendingFrame, messageHeader, getCipher, isFinalFrame, suite });
      yield bodyHeader;
      for (const piece of pieces) for (const part of inPieces(piece)) yield cipher.update(asBuffer(part));
      cipher.final();
      yield cipher.getAuthTag();
    }
    try {
      for await (const { pieces, length, last } of chunks(plaintext, FRAME_BYTES)) {
        // Not before the source has begun: who gives up after the header ends the source, too.
        if (sequenceNumber === 0) yield* rawHeader;
        const isFull = length === FRAME_BYTES;
        if (isFull) yield* frame(pieces, length, false);
        // As the SDK writes it: behind frames that are all full there is an empty one.
        if (last) yield* isFull ? frame([], 0, true) : frame(pieces, length, true);
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

/** The header of a new message, and what encrypts its frames, each of which must be encrypted only once. */
export async function beginMessage(
  key: Uint8Array,
  context: EncryptionContext,
): Promise<{ readonly header: Uint8Array; readonly frames: MessageFrames }> {
  const encryptionContext = { ...context };
  const material = await materials(key).getEncryptionMaterials({ suite, encryptionContext, commitmentPolicy });
  const { rawHeader, dispose } = getEncryptionInfo(material, FRAME_BYTES);
  dispose();
  const header = Buffer.concat(rawHeader);
  await using opened = await begin([header], key, context, false);
  return { header, frames: opened.message.frames() };
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
