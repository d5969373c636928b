/** Large files, which another thread encrypts and hashes. */
import { createHash, randomBytes } from 'node:crypto';
import { buildDecrypt } from '@aws-crypto/decrypt-node';
import { CommitmentPolicy } from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import { expect, test } from '@jest/globals';
import { KEYRING } from '#vault/encryption/aes.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { open, verify } from '#vault/encryption/open.ts';
import { seal } from '#vault/encryption/seal.ts';
import { bytesOf, collect, context, inPieces } from '../samples.ts';

const LARGE = 9 * FRAME_BYTES;
const key = new Uint8Array(randomBytes(32));
const sealing = { algorithm: 'AES-256-GCM', key, context } as const;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Memory that may be given back. */
function* copies(bytes: Uint8Array, sizes: readonly number[] = [262_144]): Generator<Uint8Array> {
  for (const piece of inPieces(bytes, sizes)) yield Uint8Array.from(piece);
}

const { decrypt } = buildDecrypt({ commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT });

test.each([LARGE - 1, LARGE, LARGE + 1, 10 * FRAME_BYTES + 777])(
  'a file of %i bytes is opened by this program and by the SDK, and has the digests of both',
  async (length) => {
    const plaintext = bytesOf(length);
    const sealed = seal(copies(plaintext, [70_000, 262_144]), sealing, length);
    const ciphertext = await collect(sealed.ciphertext);
    const digests = sealed.digests();
    expect(digests).toEqual({
      plaintext: { sha256: sha256(plaintext), bytes: length },
      ciphertext: { sha256: sha256(ciphertext), bytes: ciphertext.length },
    });
    expect((await collect(open([ciphertext], sealing, digests))).equals(plaintext)).toBe(true);
    await verify(copies(ciphertext), sealing, digests);
    const keyring = new RawAesKeyringNode({
      keyNamespace: KEYRING.namespace,
      keyName: KEYRING.name,
      unencryptedMasterKey: new Uint8Array(key),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      utf8Sorting: true,
    });
    expect((await decrypt(keyring, ciphertext)).plaintext.equals(plaintext)).toBe(true);
  },
);

test('several at once are each of their own bytes, under keys of their own', async () => {
  const files = [1, 2, 3, 4, 5, 6].map((seed) => bytesOf(LARGE + seed, seed));
  const sealed = await Promise.all(
    files.map(async (file) => {
      const of = seal(copies(file), sealing, file.length);
      return { ciphertext: await collect(of.ciphertext), digests: of.digests() };
    }),
  );
  for (const [i, { ciphertext, digests }] of sealed.entries()) {
    expect((await collect(open([ciphertext], sealing, digests))).equals(files[i]!)).toBe(true);
  }
  const keys = await Promise.all(
    sealed.map(async ({ ciphertext, digests }) =>
      Buffer.from((await verify(copies(ciphertext), sealing, digests)).key).toString('hex'),
    ),
  );
  expect(new Set(keys).size).toBe(files.length);
});

test('an error of the source ends the ciphertext, and who gives up ends the source', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield* copies(bytesOf(3 * FRAME_BYTES));
    throw new Error('the disk');
  }
  const failed = seal(failing(), sealing, LARGE);
  await expect(collect(failed.ciphertext)).rejects.toThrow('the disk');
  expect(() => failed.digests()).toThrow(TypeError);
  let ended = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield* copies(bytesOf(FRAME_BYTES));
    } finally {
      ended += 1;
    }
  }
  for (const wanted of [1, 2, 3, 20]) {
    let got = 0;
    for await (const _ of seal(endless(), sealing, LARGE).ciphertext) if (++got === wanted) break;
  }
  expect(ended).toBe(4);
  const plaintext = bytesOf(LARGE);
  const after = seal(copies(plaintext), sealing, LARGE);
  expect((await collect(after.ciphertext)).length).toBeGreaterThan(LARGE);
});
