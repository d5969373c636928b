/**
 * AES-256-GCM in the message format of the AWS Encryption SDK, so that every SDK of AWS reads what is stored here. The
 * suite derives a key for each message (HKDF with SHA-512) and commits to it. No message is signed with ECDSA, since
 * the same party writes and reads.
 */
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { buildDecrypt, type MessageHeader } from '@aws-crypto/decrypt-node';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import { IntegrityError } from '../errors.ts';
import { type Cipher, FRAME_BYTES } from './cipher.ts';
import { Source } from './source.ts';

/** Names the key in a message. Another implementation needs them to open it; see docs/security.md. */
export const KEYRING = { namespace: 'trainyard', name: 'model-key' } as const;

const commitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
const { encryptStream } = buildEncrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });
const { decryptUnsignedMessageStream } = buildDecrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });

export const aes: Cipher = {
  async *encrypt(plaintext, key, context) {
    const options = { suiteId, encryptionContext: { ...context }, frameLength: FRAME_BYTES };
    yield* through(new Source(plaintext), encryptStream(keyring(key), options));
  },

  async *decrypt(ciphertext, key, context) {
    const source = new Source(ciphertext);
    const stream = decryptUnsignedMessageStream(keyring(key), { maxBodySize: FRAME_BYTES });
    let header: MessageHeader | undefined;
    stream.once('MessageHeader', (of: MessageHeader) => {
      header = of;
    });
    try {
      for await (const chunk of through(source, stream)) {
        requireContext(header, context);
        yield chunk;
      }
      requireContext(header, context);
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
function requireContext(header: MessageHeader | undefined, context: object): void {
  if (header !== undefined && isDeepStrictEqual({ ...header.encryptionContext }, { ...context })) return;
  throw new IntegrityError('context', 'The stored file belongs to another model or revision');
}

async function* through(source: Source, stream: Duplex): AsyncGenerator<Uint8Array> {
  const done = pipeline(Readable.from(source), stream);
  // Whoever reads the stream gets the same error from it.
  done.catch(() => {});
  yield* stream;
  await done;
}
