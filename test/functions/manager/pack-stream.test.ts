/** Large files are compressed before they are encrypted, where that helps. */
import { createHash, randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { packStream } from '#functions/manager/models/pack-stream.ts';
import { collected } from '#functions/manager/models/seal.ts';

const MEBIBYTE = 1_048_576;

async function* inPieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const text = Buffer.from('weights that repeat; '.repeat(200_000));
const random = randomBytes(3 * MEBIBYTE);

describe('a large file', () => {
  test('that gets smaller is compressed, and its digest is that of the file as it came', async () => {
    const packed = await packStream(inPieces(text));
    const bytes = await collected(packed.bytes);
    expect([packed.compressed, bytes.length < text.length / 10]).toEqual([true, true]);
    expect(zstdDecompressSync(bytes).equals(text)).toBe(true);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(packed.original?.()).toEqual({ sha256, bytes: text.length });
  });

  const incompressible: Readonly<Record<string, Uint8Array>> = {
    'of random numbers': random,
    'that begins with some': Buffer.concat([random.subarray(0, MEBIBYTE), text]),
    'without bytes': new Uint8Array(),
  };
  test.each(Object.keys(incompressible))('%s stays as it is', async (name) => {
    const given = incompressible[name]!;
    const packed = await packStream(inPieces(given));
    expect(packed).toMatchObject({ compressed: false });
    expect(Buffer.from(await collected(packed.bytes)).equals(given)).toBe(true);
  });

  test('that cannot be read to its end ends with the error of its source', async () => {
    for (const given of [text, random]) {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield* inPieces(given.subarray(0, 2 * MEBIBYTE));
        throw new Error('the disk is gone');
      }
      const { bytes } = await packStream(broken());
      await expect(collected(bytes)).rejects.toThrow('the disk is gone');
    }
  });
});
