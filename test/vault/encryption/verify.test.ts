/** Verifying a file to its end without keeping what was in it: small ones here, large ones with another thread. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encryptionContext } from '#vault/context.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { verify } from '#vault/encryption/open.ts';
import { type Digests, seal } from '#vault/encryption/seal.ts';
import { IntegrityError } from '#vault/errors.ts';
import { bytesOf, collect, context, inPieces, model } from '../samples.ts';

const key = new Uint8Array(randomBytes(32));
const LARGE = 8 * FRAME_BYTES + 12_345;

async function sealed(plaintext: Uint8Array): Promise<{ ciphertext: Buffer; digests: Digests }> {
  const of = seal([plaintext], { algorithm: 'AES-256-GCM', key, context });
  const ciphertext = await collect(of.ciphertext);
  return { ciphertext, digests: of.digests() };
}

/** Whatever is given back: the memory of what is verified is used up. */
const verified = (ciphertext: Uint8Array, digests: Digests, of: Partial<{ key: Uint8Array; context: object }> = {}) =>
  verify(copies(ciphertext), { key, context, ...of } as { key: Uint8Array; context: typeof context }, digests);

function* copies(bytes: Uint8Array): Generator<Uint8Array> {
  for (const piece of inPieces(bytes, [70_000, 262_144])) yield Uint8Array.from(piece);
}

const digestOf = (bytes: Uint8Array) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  bytes: bytes.length,
});

test.each([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, LARGE, 9 * FRAME_BYTES])(
  'a file of %i bytes is verified',
  async (length) => {
    const { ciphertext, digests } = await sealed(bytesOf(length));
    const { frameBytes, headerBytes } = await verified(ciphertext, digests);
    expect([frameBytes, headerBytes < 2000]).toEqual([FRAME_BYTES, true]);
  },
);

test('no byte of a small file can be changed, and none be cut off or added, whatever the digest of the file says', async () => {
  const { ciphertext, digests } = await sealed(bytesOf(40));
  const accepted: number[] = [];
  const attempt = async (at: number, changed: Uint8Array) => {
    const error = await verified(changed, { ...digests, ciphertext: digestOf(changed) }).catch((e: unknown) => e);
    if (!(error instanceof IntegrityError)) accepted.push(at);
  };
  for (let at = 0; at < ciphertext.length; at++) {
    const changed = Buffer.from(ciphertext);
    changed[at]! ^= 1 << (at % 8);
    await attempt(at, changed);
    await attempt(-at, ciphertext.subarray(0, at));
  }
  await attempt(ciphertext.length, Buffer.concat([ciphertext, Buffer.alloc(1)]));
  expect(accepted).toEqual([]);
});

describe('a large file', () => {
  test('that was changed anywhere, cut off, or has its frames in another order is refused', async () => {
    const { ciphertext, digests } = await sealed(bytesOf(LARGE));
    const { headerBytes } = await verified(ciphertext, digests);
    const frame = 16 + FRAME_BYTES + 16;
    const flips = [3, headerBytes - 1, headerBytes + 5, headerBytes + 4 * frame + 500, ciphertext.length - 1];
    const changes: Uint8Array[] = flips.map((at) => {
      const changed = Buffer.from(ciphertext);
      changed[at]! ^= 4;
      return changed;
    });
    const [head, first, second, rest] = [
      ciphertext.subarray(0, headerBytes),
      ciphertext.subarray(headerBytes, headerBytes + frame),
      ciphertext.subarray(headerBytes + frame, headerBytes + 2 * frame),
      ciphertext.subarray(headerBytes + 2 * frame),
    ];
    changes.push(ciphertext.subarray(0, -1), ciphertext.subarray(0, headerBytes + 3 * frame));
    changes.push(Buffer.concat([head, second, first, rest]), Buffer.concat([head, first, rest]));
    for (const changed of changes) {
      await expect(verified(changed, { ...digests, ciphertext: digestOf(changed) })).rejects.toThrow(IntegrityError);
    }
    await verified(ciphertext, digests);
  });

  test('whose record is another is refused', async () => {
    const { ciphertext, digests } = await sealed(bytesOf(LARGE));
    const other = digestOf(bytesOf(LARGE, 2));
    const wrong = [
      { ...digests, plaintext: other },
      { ...digests, ciphertext: { ...digests.ciphertext, sha256: other.sha256 } },
      { ...digests, plaintext: { ...digests.plaintext, bytes: LARGE - 1 } },
      { ...digests, ciphertext: { ...digests.ciphertext, bytes: ciphertext.length - 1 } },
    ];
    for (const record of wrong) await expect(verified(ciphertext, record)).rejects.toThrow(IntegrityError);
    const ofAnother = [{ key: new Uint8Array(32) }, { context: encryptionContext({ ...model, modelName: 'another' }) }];
    for (const of of ofAnother) await expect(verified(ciphertext, digests, of)).rejects.toThrow(IntegrityError);
  });

  test('whose source fails is refused with the error of the source', async () => {
    const { ciphertext, digests } = await sealed(bytesOf(LARGE));
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* copies(ciphertext.subarray(0, LARGE >> 1));
      throw new Error('the disk');
    }
    await expect(verify(failing(), { key, context }, digests)).rejects.toThrow('the disk');
    const many = Array.from({ length: 6 }, () => verified(ciphertext, digests));
    await expect(Promise.all(many)).resolves.toHaveLength(6);
  });
});
