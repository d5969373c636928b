/**
 * Parts of contents of which every block is compared with what was written before it is sent.
 *
 *     wanted              ├────────────┤
 *     blocks   │────────│─┼──────│─────┼─│────────│
 *     compared          └────────┴───────┘
 */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { checked, crc32Digest, expectWritten } from '#domain/checked-stream.ts';
import { DamagedFileError } from '#domain/errors.ts';
import type { Digest } from '#domain/ports/blobs/port.ts';
import { BLOCK_BYTES, BlockSums, LEAST_BYTES, sumsOf } from './block-sums.ts';
import type { Content } from './content-stream.ts';
import type { Contents } from './contents.ts';
import { isFramed } from './framed-content.ts';

/** A content of an earlier release, which has no checksums of its blocks, is read as a whole once if it is no larger. */
const INDEXED_BYTES = 2 * 2 ** 30;

const lacksSums = ({ name, sums, digest, size }: Content): boolean =>
  !isFramed(name) && sums === undefined && (digest === undefined || size > LEAST_BYTES) && size <= INDEXED_BYTES;

export const lackSums = (contents: readonly Content[]): boolean => contents.some(lacksSums);

/**
 * The same contents with the checksums that they lack. What has no digest at all is taken as it is: later changes show.
 * Throws `DamagedFileError`.
 */
export async function withSums(contents: Contents, of: readonly Content[], what: string): Promise<readonly Content[]> {
  const all: Content[] = [];
  for (const content of of) all.push(lacksSums(content) ? await summed(contents, content, what) : content);
  return all;
}

async function summed(contents: Contents, content: Content, what: string): Promise<Content> {
  const { size, digest } = content;
  const sums = new BlockSums();
  let sum = 0;
  const body = await contents.read([content], 0, size - 1);
  for await (const chunk of digest === undefined ? body : checked(what, body, [{ bytes: size, digest }])) {
    sums.update(chunk as Buffer);
    sum = crc32(chunk as Buffer, sum);
  }
  const stored = sums.end();
  return { ...content, digest: digest ?? crc32Digest(sum), ...(stored === undefined ? {} : { sums: stored }) };
}

/** Blocks of one content, and which of their bytes are wanted. */
interface Part {
  readonly body: Readable;
  /** Of each block. Absent: there is nothing to compare with, or the content does so itself. */
  readonly digests: readonly Digest[] | undefined;
  readonly skip: number;
  readonly take: number;
}

/** As `Contents.read`. The stream is broken off with a `DamagedFileError` before the first block that was changed. */
export async function readVerified(
  contents: Contents,
  of: readonly Content[],
  { start, end }: { readonly start: number; readonly end: number },
  what: string,
): Promise<Readable> {
  const parts: Part[] = [];
  const closeAll = () => parts.forEach(({ body }) => void body.destroy());
  let offset = 0;
  try {
    for (const content of of) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, content.size - 1)];
      if (from <= to) parts.push(await partOf(contents, content, from, to));
      offset += content.size;
    }
  } catch (error) {
    closeAll();
    throw error;
  }
  return Readable.from(compared(parts, what), { objectMode: false }).once('close', closeAll);
}

async function partOf(contents: Contents, content: Content, from: number, to: number): Promise<Part> {
  const { name, size, sums, digest } = content;
  const take = to - from + 1;
  if (isFramed(name) || (sums === undefined && (digest === undefined || size > LEAST_BYTES))) {
    return { body: await contents.read([content], from, to), digests: undefined, skip: 0, take };
  }
  if (sums === undefined) {
    return {
      body: await contents.read([content], 0, size - 1),
      digests: [{ bytes: size, digest: digest! }],
      skip: from,
      take,
    };
  }
  const [first, last] = [Math.floor(from / BLOCK_BYTES), Math.floor(to / BLOCK_BYTES)];
  const body = await contents.read([content], first * BLOCK_BYTES, Math.min((last + 1) * BLOCK_BYTES, size) - 1);
  const digests = Array.from(sumsOf(sums).subarray(first, last + 1), (sum, i) => ({
    bytes: Math.min(BLOCK_BYTES, size - (first + i) * BLOCK_BYTES),
    digest: crc32Digest(sum),
  }));
  return { body, digests, skip: from - first * BLOCK_BYTES, take };
}

async function* compared(parts: readonly Part[], what: string): AsyncGenerator<Buffer> {
  for (const { body, digests, skip, take } of parts) {
    if (digests === undefined) {
      yield* body as AsyncIterable<Buffer>;
      continue;
    }
    let [skipped, left] = [skip, take];
    let index = 0;
    for await (const block of inBlocks(body, digests)) {
      expectWritten(what, block, digests.slice(index, index + 1));
      index += 1;
      const wanted = block.subarray(skipped, skipped + left);
      skipped = 0;
      left -= wanted.length;
      yield wanted;
    }
    // Shorter than it was written.
    if (index < digests.length) throw new DamagedFileError(what);
  }
}

async function* inBlocks(body: Readable, sizes: readonly { readonly bytes: number }[]): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let [index, bytes] = [0, 0];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, sizes[index]!.bytes - bytes);
      gathered.push(taken);
      bytes += taken.length;
      rest = rest.subarray(taken.length);
      if (bytes < sizes[index]!.bytes) continue;
      yield gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered);
      [gathered, bytes] = [[], 0];
      index += 1;
    }
  }
}
