import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { bytesOf, collect } from '#test/vault/samples.ts';
import { encryptionContext } from '#vault/context.ts';
import { ciphers } from '#vault/encryption/algorithms.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { base64, type Call, fromBase64, other } from './other.ts';

const context = encryptionContext({ accountId: 'a1', managerId: 'zürich', modelName: '模型 1', revision: 'r1' });
const key = new Uint8Array(randomBytes(32));
/** Sizes around those of frames. */
const PLAINTEXTS = [0, 1, 1000, FRAME_BYTES + 5, 2 * FRAME_BYTES].map((length) => bytesOf(length));

const CIPHERS = { aws: ciphers['AES-256-GCM'], chacha: ciphers.ChaCha20Poly1305 };

test('the AWS Encryption SDK for Python opens what was sealed with AES-256-GCM', async () => {
  const calls: Call[] = [];
  for (const plaintext of PLAINTEXTS) {
    const ciphertext = base64(await collect(CIPHERS.aws.encrypt([plaintext], key, context)));
    calls.push(['aws_open', { key: base64(key), ciphertext }]);
  }
  expect(other(...calls)).toEqual(
    PLAINTEXTS.map((plaintext) => ({
      plaintext: base64(plaintext),
      context,
      algorithm: 'AES_256_GCM_HKDF_SHA512_COMMIT_KEY',
      frame: FRAME_BYTES,
    })),
  );
});

test('`cryptography` opens what was sealed with ChaCha20Poly1305', async () => {
  const calls: Call[] = [];
  for (const plaintext of PLAINTEXTS) {
    const ciphertext = base64(await collect(CIPHERS.chacha.encrypt([plaintext], key, context)));
    calls.push(['chacha_open', { key: base64(key), ciphertext, context }]);
  }
  expect(other(...calls)).toEqual(PLAINTEXTS.map(base64));
});

test.each(['aws', 'chacha'] as const)('what %s sealed in Python opens', async (name) => {
  const calls = PLAINTEXTS.map(
    (plaintext): Call => [`${name}_seal`, { key: base64(key), plaintext: base64(plaintext), context }],
  );
  const sealed = other(...calls).map(fromBase64);
  for (const [i, ciphertext] of sealed.entries()) {
    const opened = await collect(CIPHERS[name].decrypt([ciphertext], key, context));
    expect(opened.equals(PLAINTEXTS[i]!)).toBe(true);
  }
});
