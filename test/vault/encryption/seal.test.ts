import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encryptionContext } from '#vault/context.ts';
import { ALGORITHMS, type Algorithm, ciphers } from '#vault/encryption/algorithms.ts';
import { FRAME_BYTES } from '#vault/encryption/cipher.ts';
import { open, openPlain } from '#vault/encryption/open.ts';
import { type Digests, type Sealing, seal } from '#vault/encryption/seal.ts';
import { IntegrityError } from '#vault/errors.ts';
import { bytesOf, collect, context, inPieces, model } from '../samples.ts';

async function sealed(plaintext: Uint8Array, sealing: Sealing): Promise<{ ciphertext: Buffer; digests: Digests }> {
  const of = seal([plaintext], sealing);
  const ciphertext = await collect(of.ciphertext);
  return { ciphertext, digests: of.digests() };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const digestsOf = (plaintext: Uint8Array, ciphertext: Uint8Array): Digests => ({
  plaintext: { sha256: sha256(plaintext), bytes: plaintext.length },
  ciphertext: { sha256: sha256(ciphertext), bytes: ciphertext.length },
});

/** By the cipher alone, without the digests that are stored beside a file: whatever it does not notice, it gives out. */
const decrypted = (ciphertext: Uint8Array, { algorithm, key, context: of }: Sealing): Promise<Buffer> =>
  collect(ciphers[algorithm].decrypt([ciphertext], key, of));

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
    const { ciphertext } = await sealed(bytesOf(100), sealing);
    const others: Partial<Sealing>[] = [
      { key: new Uint8Array(randomBytes(32)) },
      ...Object.keys(model).map((name) => ({ context: encryptionContext({ ...model, [name]: 'another' }) })),
      { context: {} },
      { context: { ...context, more: 'than was given' } },
    ];
    for (const other of others) {
      await expect(decrypted(ciphertext, { ...sealing, ...other })).rejects.toThrow(IntegrityError);
    }
  });

  test('no byte of a sealed message can be changed', async () => {
    const { ciphertext } = await sealed(bytesOf(40), sealing);
    const opened: number[] = [];
    for (let at = 0; at < ciphertext.length; at++) {
      const changed = Buffer.from(ciphertext);
      changed[at]! ^= 1 << (at % 8);
      const error = await decrypted(changed, sealing).catch((e: unknown) => e);
      if (!(error instanceof IntegrityError)) opened.push(at);
    }
    expect(opened).toEqual([]);
  });

  test('a message that was cut off anywhere does not open', async () => {
    const { ciphertext } = await sealed(bytesOf(40), sealing);
    const opened: number[] = [];
    for (let length = 0; length < ciphertext.length; length++) {
      const cut = ciphertext.subarray(0, length);
      const error = await decrypted(cut, sealing).catch((e: unknown) => e);
      if (!(error instanceof IntegrityError)) opened.push(length);
    }
    expect(opened).toEqual([]);
  });

  test('frames that were left out, repeated, swapped or appended do not open', async () => {
    const { ciphertext } = await sealed(bytesOf(3 * FRAME_BYTES), sealing);
    const tail = ciphertext.length - framesOf(algorithm, ciphertext).reduce((sum, frame) => sum + frame.length, 0);
    const head = ciphertext.subarray(0, tail);
    const [a, b, c] = framesOf(algorithm, ciphertext);
    for (const frames of [[b!, a!, c!], [a!, c!], [a!, b!], [a!, b!, b!, c!], [a!, b!, c!, c!], [c!]]) {
      const changed = Buffer.concat([head, ...frames]);
      await expect(decrypted(changed, sealing)).rejects.toThrow(IntegrityError);
    }
    expect(Buffer.concat([head, a!, b!, c!]).equals(ciphertext)).toBe(true);
  });

  test('bytes behind the end do not open', async () => {
    const { ciphertext } = await sealed(bytesOf(40), sealing);
    for (const more of [Buffer.alloc(1), bytesOf(100), ciphertext]) {
      await expect(decrypted(Buffer.concat([ciphertext, more]), sealing)).rejects.toThrow(IntegrityError);
    }
  });

  test('a file that is longer than it was is not read to its end', async () => {
    const { ciphertext, digests } = await sealed(bytesOf(40), sealing);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield ciphertext;
      for (;;) yield Buffer.alloc(FRAME_BYTES);
    }
    await expect(collect(open(endless(), sealing, digests))).rejects.toThrow(IntegrityError);
    const stored = { sha256: '', bytes: 40 };
    await expect(collect(openPlain(endless(), stored))).rejects.toThrow(IntegrityError);
  });

  test('a file that is whole, but not the one that was stored, does not open', async () => {
    const stored = await sealed(bytesOf(40), sealing);
    const another = await sealed(bytesOf(40, 2), sealing);
    const wrongPlaintext = { ...stored.digests, plaintext: another.digests.plaintext };
    await expect(collect(open([stored.ciphertext], sealing, wrongPlaintext))).rejects.toMatchObject({
      failure: 'digest',
    });
    await expect(collect(open([another.ciphertext], sealing, stored.digests))).rejects.toMatchObject({
      failure: 'digest',
    });
  });

  test('no two messages are alike', async () => {
    const messages = await Promise.all(Array.from({ length: 5 }, () => sealed(bytesOf(40), sealing)));
    expect(new Set(messages.map(({ digests }) => digests.ciphertext.sha256)).size).toBe(5);
  });

  test('an error of the source comes out as it is, of sealing as of opening', async () => {
    async function* broken(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new RangeError('the disk is gone');
    }
    await expect(collect(seal(broken(bytesOf(10)), sealing).ciphertext)).rejects.toThrow('the disk is gone');
    const { ciphertext, digests } = await sealed(bytesOf(10), sealing);
    await expect(collect(open(broken(ciphertext.subarray(0, 20)), sealing, digests))).rejects.toThrow(
      'the disk is gone',
    );
    await expect(collect(open(broken(ciphertext), sealing, digests))).rejects.toThrow('the disk is gone');
  });

  test('the digests are not known before the end', async () => {
    const { ciphertext, digests } = seal([bytesOf(10)], sealing);
    expect(digests).toThrow(TypeError);
    await collect(ciphertext);
    expect(digests().plaintext.bytes).toBe(10);
  });

  test.each([0, FRAME_BYTES])('a source is closed when nobody reads on behind %d bytes', async (most) => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytesOf(FRAME_BYTES);
      } finally {
        closed = true;
      }
    }
    let read = 0;
    for await (const chunk of seal(source(), sealing).ciphertext) {
      read += chunk.length;
      if (read > most) break;
    }
    expect(closed).toBe(true);
  });

  test('opening can be given up', async () => {
    const { ciphertext, digests } = await sealed(bytesOf(2 * FRAME_BYTES), sealing);
    for await (const _ of open(inPieces(ciphertext, [65_536]), sealing, digests)) break;
  });

  test('whatever the bytes and however they arrive, what was sealed opens', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), pieces, pieces, async (plaintext, before, after) => {
        const of = seal(inPieces(plaintext, before), sealing);
        const ciphertext = await collect(of.ciphertext);
        const got = await collect(open(inPieces(ciphertext, after), sealing, of.digests()));
        expect(got.equals(Buffer.from(plaintext))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

/** The frames of a message of `3 * FRAME_BYTES`; the last is the shorter one, or as long as the others. */
function framesOf(algorithm: Algorithm, ciphertext: Buffer): Buffer[] {
  // AES: sequence number 4, nonce 12, content, tag 16; an empty last frame with a marker 4 and its length 4 more.
  const [whole, last] = algorithm === 'AES-256-GCM' ? [FRAME_BYTES + 32, 40] : [FRAME_BYTES + 16, FRAME_BYTES + 16];
  const start = ciphertext.length - last - (algorithm === 'AES-256-GCM' ? 3 : 2) * whole;
  const frames = [0, 1, 2].map((i) => ciphertext.subarray(start + i * whole, start + (i + 1) * whole));
  return algorithm === 'AES-256-GCM'
    ? [frames[0]!, frames[1]!, Buffer.concat([frames[2]!, ciphertext.subarray(-last)])]
    : frames;
}

test('a file that is stored as it is opens, and not once it was changed', async () => {
  const bytes = bytesOf(1000);
  const stored = digestsOf(bytes, bytes).plaintext;
  expect((await collect(openPlain(inPieces(bytes, [7]), stored))).equals(bytes)).toBe(true);
  const changed = Buffer.from(bytes);
  changed[500]! ^= 1;
  for (const wrong of [changed, bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
    await expect(collect(openPlain([wrong], stored))).rejects.toThrow(IntegrityError);
  }
});
