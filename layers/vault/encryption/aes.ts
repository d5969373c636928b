/**
 * AES-256-GCM in the message format of the AWS Encryption SDK, so that every SDK of AWS reads what is stored here. The
 * suite derives a key for each message (HKDF with SHA-512) and commits to it. No message is signed with ECDSA, since
 * the same party writes and reads.
 */
import { once } from 'node:events';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { buildDecrypt, type MessageHeader } from '@aws-crypto/decrypt-node';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import { IntegrityError } from '../errors.ts';
import { chunks } from './chunks.ts';
import { type Cipher, FRAME_BYTES } from './cipher.ts';
import { Source } from './source.ts';

/** Names the key in a message. Another implementation needs them to open it; see docs/security.md. */
export const KEYRING = { namespace: 'trainyard', name: 'model-key' } as const;

const IV_BYTES = 12;
const TAG_BYTES = 16;

const commitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
const { encryptStream } = buildEncrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });
const { decryptUnsignedMessageStream } = buildDecrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });

export const aes: Cipher = {
  async *encrypt(plaintext, key, context) {
    const options = { suiteId, encryptionContext: { ...context }, frameLength: FRAME_BYTES };
    const stream = encryptStream(keyring(key), options);
    const output: Uint8Array[] = [];
    stream.on('data', (chunk: Uint8Array) => output.push(chunk));
    const ended = once(stream, 'end');
    // Whoever waits for a write, or for the end, gets the same error.
    ended.catch(() => {});
    for await (const { bytes } of chunks(plaintext, FRAME_BYTES)) {
      await Promise.race([new Promise((resolve) => stream.write(bytes, resolve)), ended]);
      yield* output.splice(0);
    }
    // If the source fails, or nobody reads on, the stream is left as it is: destroying it throws where nobody catches.
    stream.end();
    await ended;
    yield* output;
  },

  async *decrypt(ciphertext, key, context) {
    const source = new Source(ciphertext);
    const stream = decryptUnsignedMessageStream(keyring(key), { maxBodySize: FRAME_BYTES });
    let header: MessageHeader | undefined;
    stream.once('MessageHeader', (of: MessageHeader) => {
      header = of;
    });
    let bytes = 0;
    try {
      for await (const chunk of through(source, stream)) {
        requireContext(header, context);
        bytes += chunk.length;
        yield chunk;
      }
      requireContext(header, context);
      // The SDK ignores what stands behind the last frame of a message that has no signature.
      if (source.bytes !== messageBytes(header, bytes)) {
        throw new IntegrityError('trailing bytes', 'The stored file has bytes behind its end');
      }
    } catch (error) {
      source.rethrow();
      if (error instanceof IntegrityError) throw error;
      throw new IntegrityError('changed', 'The stored file was changed, cut off, or encrypted with another key');
    }
  },
};

/** A keyring overwrites the bytes that it is given with zeros once it has a key of them, so that it gets a copy. */
function keyring(key: Uint8Array): RawAesKeyringNode {
  return new RawAesKeyringNode({
    keyNamespace: KEYRING.namespace,
    keyName: KEYRING.name,
    unencryptedMasterKey: new Uint8Array(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  });
}

/** The SDK opens a message under the context that the message itself states; whose it is has to be compared. */
function requireContext(header: MessageHeader | undefined, context: object): asserts header is MessageHeader {
  if (header !== undefined && isDeepStrictEqual({ ...header.encryptionContext }, { ...context })) return;
  throw new IntegrityError('context', 'The stored file belongs to another model or revision');
}

/** The SDK's message format, version 2: the sizes of the header's fields, and of what a frame has beside its content. */
function messageBytes({ encryptionContext, encryptedDataKeys, frameLength }: MessageHeader, plaintext: number): number {
  const entries = Object.entries(encryptionContext).flat();
  const context = entries.length === 0 ? 0 : 2 + sum(entries.map((text) => 2 + Buffer.byteLength(text)));
  const keys = sum(
    encryptedDataKeys.map(
      (key) => 6 + sum([key.providerId, key.rawInfo ?? '', key.encryptedDataKey].map((part) => part.length)),
    ),
  );
  const header = 1 + 2 + 32 + 2 + context + 2 + keys + 1 + 4 + 32 + TAG_BYTES;
  const frames = Math.floor(plaintext / frameLength);
  return header + frames * (4 + IV_BYTES + TAG_BYTES) + (4 + 4 + IV_BYTES + 4 + TAG_BYTES) + plaintext;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The SDK waits a turn of the event loop after each piece, so that it is several times as fast with large ones. */
async function* through(source: Source, stream: Duplex): AsyncGenerator<Uint8Array> {
  // Its inner streams report an error once more when it has been destroyed, which would end the process.
  stream.on('error', () => {});
  const done = pipeline(Readable.from(pieces(source)), stream);
  // Whoever reads the stream gets the same error from it.
  done.catch(() => {});
  yield* stream;
  await done;
}

async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of chunks(source, FRAME_BYTES)) yield bytes;
}
