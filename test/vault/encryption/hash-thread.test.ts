import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashBeside, PIECE_BYTES } from '#vault/encryption/hash-thread.ts';
import { bytesOf, inPieces } from '../samples.ts';

const LARGE = 9 * PIECE_BYTES;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('several hashes at once are each of their own bytes, which may be changed as soon as they were taken', async () => {
  const files = [1, 2, 3].map((seed) => bytesOf(LARGE + seed, seed));
  const digests = await Promise.all(
    files.map(async (file) => {
      const hash = hashBeside(LARGE);
      for (const piece of inPieces(file, [3, PIECE_BYTES, 70_000])) {
        const given = Buffer.from(piece);
        await hash.update(given);
        given.fill(0);
      }
      return hash.digest();
    }),
  );
  expect(digests).toEqual(files.map(sha256));
});

test('more hashes at once than there are pieces do not wait for each other', async () => {
  const files = Array.from({ length: 9 }, (_, seed) => bytesOf(LARGE + seed, seed));
  const hashes = files.map(() => hashBeside(LARGE));
  // Each holds a piece that is not full before another one needs one.
  for (const [i, hash] of hashes.entries()) await hash.update(files[i]!.subarray(0, 10));
  for (const [i, hash] of hashes.entries()) await hash.update(files[i]!.subarray(10));
  expect(await Promise.all(hashes.map((hash) => hash.digest()))).toEqual(files.map(sha256));
});

test('hashes that were abandoned leave room for others', async () => {
  for (let i = 0; i < 20; i++) {
    const hash = hashBeside(LARGE);
    await hash.update(bytesOf(100));
    hash.abandon();
  }
  const hash = hashBeside(LARGE);
  const file = bytesOf(LARGE);
  await hash.update(file);
  expect(await hash.digest()).toBe(sha256(file));
});

test('what is small is hashed in the thread that asks', async () => {
  const hash = hashBeside(100);
  expect(hash.update(bytesOf(100))).toBeUndefined();
  expect(hash.digest()).toBe(sha256(bytesOf(100)));
});
