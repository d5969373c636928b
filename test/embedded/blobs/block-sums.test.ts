import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { BLOCK_BYTES, BlockSums, sumsOf } from '#embedded/blobs/block-sums.ts';
import { bytesOf, inPieces } from '#test/vault/samples.ts';

test.each([0, 1, 1000, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 * BLOCK_BYTES, 5 * BLOCK_BYTES + 12_345])(
  'the checksum of all bytes comes from those of the blocks: %i bytes',
  (length) => {
    const bytes = bytesOf(length);
    const blocks = new BlockSums();
    let at = 0;
    for (const piece of inPieces(bytes, [1, 70_000, BLOCK_BYTES, 13])) {
      blocks.update(piece);
      at += piece.length;
      // In between as well: whatever the place within a block.
      if (at < 2 * BLOCK_BYTES) expect(blocks.whole).toBe(crc32(bytes.subarray(0, at)));
    }
    expect(blocks.whole).toBe(crc32(bytes));
    const sums = blocks.end();
    expect(blocks.whole).toBe(crc32(bytes));
    if (sums === undefined) return;
    const all = Array.from(inPieces(bytes, [BLOCK_BYTES]), (block) => crc32(block));
    expect([...sumsOf(sums)]).toEqual(all);
  },
);
