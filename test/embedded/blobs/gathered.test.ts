import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gathered } from '#embedded/blobs/gathered.ts';

async function* given(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

test('the bytes are the same, in chunks that are large but for the last, whatever the chunks were', async () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 300_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 12 }), async (sizes) => {
      const chunks = sizes.map((length, n) => Buffer.alloc(length, n + 1));
      const got: Buffer[] = [];
      // Copied at once, since the memory is used again.
      for await (const chunk of gathered(given(chunks), false)) got.push(Buffer.from(chunk));
      expect(Buffer.concat(got).equals(Buffer.concat(chunks))).toBe(true);
      expect(got.length).toBeLessThanOrEqual(sizes.reduce((sum, one) => sum + one, 0) / 262_144 + 1);
    }),
    { numRuns: 50 },
  );
});
