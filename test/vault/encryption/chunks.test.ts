import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunks, joined } from '#vault/encryption/chunks.ts';
import { bytesOf, inPieces } from '../samples.ts';

test('whatever the pieces are, the chunks hold their bytes in order, and only the last may be short', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(200),
      sizes,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      async (length, pieces, size, first) => {
        const bytes = bytesOf(length);
        const got = [];
        for await (const chunk of chunks(inPieces(bytes, pieces), size, first))
          got.push({ bytes: joined(chunk), last: chunk.last, length: chunk.length });
        expect(Buffer.concat(got.map((chunk) => chunk.bytes)).equals(bytes)).toBe(true);
        expect(got.map(({ last }) => last)).toEqual(got.map((_, i) => i === got.length - 1));
        expect(got.map(({ length }) => length)).toEqual(got.map(({ bytes }) => bytes.length));
        got.slice(0, -1).forEach((chunk, i) => {
          expect(chunk.bytes.length).toBe(i === 0 ? first : size);
        });
        expect(got.at(-1)!.bytes.length).toBeLessThanOrEqual(got.length === 1 ? first : size);
        if (length > 0) expect(got.at(-1)!.bytes.length).toBeGreaterThan(0);
      },
    ),
  );
});
