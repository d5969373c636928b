/**
 * Archives in the format ustar of POSIX, as every `tar` reads and writes them: files with short names and nothing else.
 * The library of the field brings native code for another runtime.
 */
import { ValidationError } from '#domain/errors.ts';

const BLOCK = 512;
const NAME_BYTES = 100;

export interface TarFile {
  readonly name: string;
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** @param at epoch milliseconds, as the time of every file */
export async function* tar(files: AsyncIterable<TarFile> | Iterable<TarFile>, at: number): AsyncGenerator<Uint8Array> {
  for await (const { name, size, body } of files) {
    yield headerOf(name, size, at);
    yield* body;
    yield Buffer.alloc(padding(size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

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

/** The files of an archive in memory, by name. Throws `ValidationError` for what is none, or was cut off. */
export function untar(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + BLOCK <= buffer.length; ) {
    const header = buffer.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    const size = readOctal(header, 124, 12);
    if (checksum(header) !== readOctal(header, 148, 8)) throw invalid('a header was changed');
    const start = at + BLOCK;
    if (start + size > buffer.length) throw invalid('it was cut off');
    const name = header.subarray(0, NAME_BYTES).toString('utf8').replaceAll('\u0000', '');
    if (header[156] === 48) files.set(name, buffer.subarray(start, start + size));
    at = start + size + padding(size);
  }
  throw invalid('it was cut off');
}

function readOctal(header: Buffer, offset: number, bytes: number): number {
  const text = header
    .toString('latin1', offset, offset + bytes)
    .replaceAll('\u0000', ' ')
    .trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw invalid('a header is not one of tar');
  return Number.parseInt(text, 8);
}

const invalid = (why: string) => ValidationError.of('body', `must be the .tar.gz of a backup; ${why}`);
