/** Whether the bytes of a zip's entries are those that were written. */
import { crc32 } from 'node:zlib';
import { crc32Digest } from '#domain/checked-stream.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import type { ZipEntry } from '#domain/zip-entries.ts';
import { WeightsError } from './weights-error.ts';

/** Bytes that are read at once, of as many entries as they have. */
const PIECE = 8 * 2 ** 20;

/** PyTorch writes 0 everywhere after `torch.serialization.set_crc32_options(False)`: nothing is known of such files. */
export const hasChecksums = (entries: readonly Pick<ZipEntry, 'crc32'>[]): boolean =>
  entries.some((entry) => entry.crc32 !== 0);

/**
 * @param entries that are stored as they are
 * @throws WeightsError naming the first entry whose bytes are others; also if entries share bytes, which would be read
 * again and again
 */
export async function expectChecksums(file: RandomAccess, entries: Iterable<ZipEntry>): Promise<void> {
  let [from, bytes]: [number, Uint8Array] = [0, new Uint8Array()];
  let before = 0;
  const inOrder = [...entries].sort((a, b) => a.start - b.start);
  const last = inOrder.at(-1)?.end ?? 0;
  for (const { name, start, end, crc32: wanted } of inOrder) {
    if (start < before) throw new WeightsError(`${JSON.stringify(name)} of its zip overlaps another entry`);
    before = end;
    let sum = 0;
    for (let at = start; at < end; ) {
      if (at >= from + bytes.length) [from, bytes] = [at, await file.read(at, Math.min(at + PIECE, last))];
      const piece = bytes.subarray(at - from, end - from);
      if (piece.length === 0) break;
      sum = crc32(piece, sum);
      at += piece.length;
    }
    if (sum !== wanted)
      throw new WeightsError(
        `${JSON.stringify(name)} of its zip is damaged: its checksum must be ${crc32Digest(wanted)}; got ${crc32Digest(sum)}`,
      );
  }
}
