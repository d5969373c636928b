/**
 * Archives in the format ustar of POSIX, as every `tar` reads and writes them: files with short names and nothing else.
 * The library of the field brings native code for another runtime.
 */
import { ValidationError } from '#domain/errors.ts';
import { ByteReader } from './byte-reader.ts';

const BLOCK = 512;
const NAME_BYTES = 100;

export interface TarFile {
  readonly name: string;
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * @param at epoch milliseconds, as the time of every file
 * @param from bytes that are left out at its beginning. A file that is left out as a whole is not read; one of which a part
 * is, is read from its beginning, so that whoever verifies it sees all of it
 */
export async function* tar(
  files: AsyncIterable<TarFile> | Iterable<TarFile>,
  at: number,
  from = 0,
): AsyncGenerator<Uint8Array> {
  let left = from;
  for await (const file of files) {
    const bytes = BLOCK + file.size + padding(file.size);
    if (left < bytes) yield* without(left, entryOf(file, at));
    left = Math.max(0, left - bytes);
  }
  yield Buffer.alloc(2 * BLOCK).subarray(left);
}

async function* entryOf({ name, size, body }: TarFile, at: number): AsyncGenerator<Uint8Array> {
  yield headerOf(name, size, at);
  yield* body;
  yield Buffer.alloc(padding(size));
}

/** The pieces without so many bytes at their beginning. */
export async function* without(bytes: number, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of pieces) {
    if (left < piece.length) yield left === 0 ? piece : piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

/** Bytes of an archive of files of these sizes. */
export const tarSize = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + BLOCK + size + padding(size), 2 * BLOCK);

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function headerOf(name: string, size: number, at: number): Uint8Array {
  if (Buffer.byteLength(name) > NAME_BYTES) throw new TypeError(`a file of an archive has too long a name: ${name}`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, bytes: number): void =>
    void header.write(value.toString(8).padStart(bytes - 1, '0'), offset, 'latin1');
  header.write(name, 0, 'utf8');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(at / 1000), 136, 12);
  header.write('0', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  octal(checksum(header), 148, 7);
  header.write(' ', 155, 'latin1');
  return header;
}

/** Its own field counts as spaces. */
function checksum(header: Uint8Array): number {
  let sum = 8 * 32;
  for (const [i, byte] of header.entries()) if (i < 148 || i >= 156) sum += byte;
  return sum;
}

/** Of the beginning, by which `isTar` tells. */
export const TAR_BYTES = BLOCK;

export const isTar = (first: Buffer): boolean => first.toString('latin1', 257, 262) === 'ustar';

export interface UnpackedFile {
  readonly name: string;
  /** Whatever else an archive may have, such as a folder or a link: nothing that is read is in it. */
  readonly isFile: boolean;
  readonly size: number;
  /** To be read before the next file is asked for; what is left of it is skipped then. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Where the next one begins, in the archive. */
  readonly end: number;
}

/**
 * The entries of an archive, in a stream. Nothing is read before it is asked for. Throws `ValidationError` for what is none, was cut off, or
 * goes on after its end.
 *
 * @param from where the first of these bytes is in the archive: at the beginning of an entry
 */
export async function* untar(archive: AsyncIterable<Uint8Array>, from = 0): AsyncGenerator<UnpackedFile, void> {
  const bytes = new Reader(archive, from);
  try {
    for (;;) {
      const header = await bytes.block();
      if (header.every((byte) => byte === 0)) return await bytes.skipToEnd();
      const size = readOctal(header, 124, 12);
      if (checksum(header) !== readOctal(header, 148, 8)) throw invalidArchive('a header was changed');
      const name = header.subarray(0, NAME_BYTES).toString('utf8').replaceAll('\u0000', '');
      const body = bytes.file(size);
      const end = bytes.position + size + padding(size);
      yield { name, isFile: header[156] === 48, size, body, end };
      for await (const _ of body);
      for await (const _ of bytes.file(padding(size)));
    }
  } finally {
    await bytes.close();
  }
}

class Reader extends ByteReader {
  async block(): Promise<Buffer> {
    const block = await this.exactly(BLOCK);
    if (block === undefined) throw invalidArchive('it was cut off');
    return block;
  }

  /** The next bytes, so many. Read again, it has what is left of them. */
  file(size: number): AsyncIterable<Uint8Array> {
    let left = size;
    const take = this.piece.bind(this);
    return {
      async *[Symbol.asyncIterator]() {
        while (left > 0) {
          const piece = await take(left);
          if (piece === undefined) throw invalidArchive('it was cut off');
          left -= piece.length;
          yield piece;
        }
      },
    };
  }

  /**
   * So that what stands behind the archive, such as the checksum of gzip, is read as well. Zeros may follow the end, as
   * most programs write them, and no further entry.
   */
  async skipToEnd(): Promise<void> {
    for (;;) {
      const piece = await this.piece(ZEROS.length);
      if (piece === undefined) return;
      if (!isZero(piece)) throw invalidArchive('something follows after its end');
    }
  }
}

const ZEROS = Buffer.alloc(65_536);

const isZero = (piece: Uint8Array): boolean => ZEROS.compare(piece, 0, piece.length, 0, piece.length) === 0;

function readOctal(header: Buffer, offset: number, bytes: number): number {
  const text = header
    .toString('latin1', offset, offset + bytes)
    .replaceAll('\u0000', ' ')
    .trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw invalidArchive('a header is not one of tar');
  return Number.parseInt(text, 8);
}

export const invalidArchive = (why: string): ValidationError =>
  ValidationError.of('body', `must be the .tar.gz or .tar of a backup; ${why}`);
