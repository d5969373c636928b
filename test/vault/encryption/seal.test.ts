import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encryptionContext } from '#vault/context.ts';
import { ALGORITHMS } from '#vault/encryption/algorithms.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { open } from '#vault/encryption/open.ts';
import { type Digests, type Sealing, seal } from '#vault/encryption/seal.ts';
import { IntegrityError } from '#vault/errors.ts';
import { bytesOf, collect, context, inPieces, model } from '../samples.ts';

async function sealed(plaintext: Uint8Array, sealing: Sealing): Promise<{ ciphertext: Buffer; digests: Digests }> {
  const of = seal([plaintext], sealing);
  const ciphertext = await collect(of.ciphertext);
  return { ciphertext, digests: of.digests() };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Digests that fit whatever was made of the ciphertext, so that only the cipher itself is left to notice. */
const digestsOf = (plaintext: Uint8Array, ciphertext: Uint8Array): Digests => ({
  plaintext: { sha256: sha256(plaintext), bytes: plaintext.length },
  ciphertext: { sha256: sha256(ciphertext), bytes: ciphertext.length },
});

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const sealing: Sealing = { algorithm, key: new Uint8Array(randomBytes(32)), context };

  test.each([0, 1, 1000, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES])(
    'opens what it sealed: %i bytes',
    async (length) => {
      const plaintext = bytesOf(length);
      const { ciphertext, digests } = await sealed(plaintext, sealing);
      expect(digests).toEqual(digestsOf(plaintext, ciphertext));
      const got = await collect(open(inPieces(ciphertext, [1, 70_000, 13]), sealing, digests));
      expect(got.equals(plaintext)).toBe(true);
    },
  );

  test('leaves the key as it is', async () => {
    const key = new Uint8Array(bytesOf(32));
    const { ciphertext, digests } = await sealed(bytesOf(10), { ...sealing, key });
    await collect(open([ciphertext], { ...sealing, key }, digests));
    expect(Buffer.from(key)).toEqual(bytesOf(32));
  });

  test('another key does not open it, nor another context', async () => {
    const plaintext = bytesOf(100);
    const { ciphertext, digests } = await sealed(plaintext, sealing);
    const others: Partial<Sealing>[] = [
      { key: new Uint8Array(randomBytes(32)) },
      ...Object.keys(model).map((name) => ({ context: encryptionContext({ ...model, [name]: 'another' }) })),
      { context: {} },
      { context: { ...context, more: 'than was given' } },
    ];
    for (const other of others) {
      await expect(collect(open([ciphertext], { ...sealing, ...other }, digests))).rejects.toThrow(IntegrityError);
    }
  });

  test('no byte of a sealed message can be changed', async () => {
    const plaintext = bytesOf(40);
    const { ciphertext } = await sealed(plaintext, sealing);
    const opened: number[] = [];
    for (let at = 0; at < ciphertext.length; at++) {
      const changed = Buffer.from(ciphertext);
      changed[at]! ^= 1 << (at % 8);
      const error = await collect(open([changed], sealing, digestsOf(plaintext, changed))).catch((e: unknown) => e);
      if (!(error instanceof IntegrityError)) opened.push(at);
    }
    expect(opened).toEqual([]);
  });

  test('a message that was cut off anywhere does not open', async () => {
    const plaintext = bytesOf(40);
    const { ciphertext } = await sealed(plaintext, sealing);
    const opened: number[] = [];
    for (let length = 0; length < ciphertext.length; length++) {
      const cut = ciphertext.subarray(0, length);
      const error = await collect(open([cut], sealing, digestsOf(plaintext, cut))).catch((e: unknown) => e);
      if (!(error instanceof IntegrityError)) opened.push(length);
    }
    expect(opened).toEqual([]);
  });
});
