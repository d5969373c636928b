/**
 * The Encryption SDK by itself, as its documentation uses it, with frames of 1 MiB; SHA-256 over what goes in and what
 * comes out, one after the other; and AES-256-GCM without any of it.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildDecrypt } from '@aws-crypto/decrypt-node';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';

export const MEBIBYTE = 1024 * 1024;

const commitmentPolicy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT;
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
const { encryptStream } = buildEncrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });
const { decryptUnsignedMessageStream } = buildDecrypt({ commitmentPolicy, maxEncryptedDataKeys: 1 });

const keyring = (key: Uint8Array) =>
  new RawAesKeyringNode({
    keyNamespace: 'bench',
    keyName: 'bench',
    unencryptedMasterKey: new Uint8Array(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });

export const sdkEncrypt = (bytes: Uint8Array, key: Uint8Array): Promise<Uint8Array> =>
  hashed(bytes, encryptStream(keyring(key), { suiteId, frameLength: MEBIBYTE }));

export const sdkDecrypt = (bytes: Uint8Array, key: Uint8Array): Promise<Uint8Array> =>
  hashed(bytes, decryptUnsignedMessageStream(keyring(key)));

export function bareAes(bytes: Uint8Array, key: Uint8Array): void {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
  for (const piece of pieces(bytes)) cipher.update(piece);
  cipher.final();
}

export function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MEBIBYTE) yield bytes.subarray(at, at + MEBIBYTE);
}

async function hashed(bytes: Uint8Array, stream: Duplex): Promise<Uint8Array> {
  sha256(bytes);
  const output: Uint8Array[] = [];
  await pipeline(Readable.from(pieces(bytes)), stream, async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) output.push(chunk);
  });
  const all = Buffer.concat(output);
  sha256(all);
  return all;
}

function sha256(bytes: Uint8Array): void {
  const hash = createHash('sha256');
  for (const piece of pieces(bytes)) hash.update(piece);
  hash.digest();
}
