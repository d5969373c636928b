/** The archive of a backup in parts of an upload, which one turn of a job begins and another goes on with. */
import { z } from 'zod';
import { BLOB_LIMITS } from '#domain/ports/blobs/rules.ts';
import { UnsupportedModelError } from '#domain/vault/errors.ts';
import { type Piece, TAR_BEGINNING } from './archive.ts';

/** How far it is: what follows is the same wherever a turn has ended. */
export const archivePosition = z.object({
  /** Parts that are put. */
  parts: z.int(),
  /** Bytes of the archive in them. */
  bytes: z.int(),
  /** Where the next one begins, in the tar. */
  tar: z.int(),
  /** The CRC-32 of the tar until there. */
  crc: z.int(),
});
export type ArchivePosition = z.infer<typeof archivePosition>;

export const BEGINNING: ArchivePosition = { parts: 0, bytes: 0, ...TAR_BEGINNING };

const MEBIBYTE = 1_048_576;
/** S3 takes 10,000 parts: the first 5,000 hold 78 GiB, the others 469 GiB. */
const leastBytes = (part: number): number => (part <= 5000 ? 16 : 96) * MEBIBYTE;

export interface ArchivePart {
  readonly bytes: Uint8Array;
  /** Once it is put. */
  readonly after: ArchivePosition;
}

/** Throws `UnsupportedModelError` where there are more than an upload may have. */
export async function* archiveParts(
  archive: AsyncIterable<Piece>,
  from: ArchivePosition,
): AsyncGenerator<ArchivePart, void> {
  let position = from;
  let place = { tar: from.tar, crc: from.crc };
  let pieces: Uint8Array[] = [];
  let filled = 0;
  const part = (): ArchivePart => {
    const parts = position.parts + 1;
    if (parts > BLOB_LIMITS.parts) {
      const facts = { limit_bytes: position.bytes };
      throw new UnsupportedModelError(`The archive has more than the ${position.bytes} bytes that it may have`, facts);
    }
    position = { parts, bytes: position.bytes + filled, ...place };
    const bytes = Buffer.concat(pieces);
    [pieces, filled] = [[], 0];
    return { bytes, after: position };
  };
  for await (const { bytes, end } of archive) {
    pieces.push(bytes);
    filled += bytes.length;
    place = end;
    if (filled >= leastBytes(position.parts + 1)) yield part();
  }
  if (filled > 0) yield part();
}
