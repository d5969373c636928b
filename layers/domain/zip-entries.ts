/** The entries of a zip file, as its directory lists them: that is where PyTorch and Python look. */
import type { RandomAccess } from './random-access.ts';

export interface ZipEntry {
  readonly name: string;
  /** Where its bytes lie. */
  readonly start: number;
  readonly end: number;
  readonly compression: 'stored' | 'deflate' | 'unknown';
  /** Of its bytes before compression. */
  readonly crc32: number;
}

/** As the directory has it: where the bytes begin stands beside them. */
export interface ListedEntry extends Pick<ZipEntry, 'name' | 'compression' | 'crc32'> {
  /** Of its bytes as they lie there. */
  readonly size: number;
  /** Where its local header lies. */
  readonly local: number;
}

export class InvalidZipError extends Error {}

const SIGNATURES = { end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50, entry: 0x02014b50, local: 0x04034b50 };
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST = { comment: 65_535, directory: 64 * 1024 * 1024, entries: 100_000 };
const ZIP64_EXTRA = 1;
const METHODS: Readonly<Record<number, ZipEntry['compression']>> = { 0: 'stored', 8: 'deflate' };

/** `undefined` for a file that is no zip. Bytes before the first entry do not matter, as they do not to Python. */
export async function zipEntries(file: RandomAccess): Promise<ZipEntry[] | undefined> {
  const listed = await zipDirectory(file);
  if (!listed) return undefined;
  const entries: ZipEntry[] = [];
  for (const entry of listed) entries.push(await locateEntry(file, entry));
  return entries;
}

/** The same without a read for each entry. */
export async function zipDirectory(file: RandomAccess): Promise<ListedEntry[] | undefined> {
  const directory = await findDirectory(file);
  if (directory === undefined) return undefined;
  const { offset, bytes, shift } = directory;
  if (bytes > MOST.directory) throw new InvalidZipError('its directory is too large');
  const buffer = await readAt(file, offset + shift, bytes);
  const entries: ListedEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= buffer.length; ) {
    if (entries.length >= MOST.entries) throw new InvalidZipError('it has too many entries');
    if (buffer.readUInt32LE(at) !== SIGNATURES.entry) throw new InvalidZipError('its directory is damaged');
    const nameBytes = buffer.readUInt16LE(at + 28);
    const extraBytes = buffer.readUInt16LE(at + 30);
    const name = buffer.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes).toString('utf8');
    const extra = buffer.subarray(at + ENTRY_BYTES + nameBytes, at + ENTRY_BYTES + nameBytes + extraBytes);
    const { size, local } = placeOf(buffer, at, extra);
    const compression = METHODS[buffer.readUInt16LE(at + 10)] ?? 'unknown';
    entries.push({ name, size, local: local + shift, compression, crc32: buffer.readUInt32LE(at + 16) });
    at += ENTRY_BYTES + nameBytes + extraBytes + buffer.readUInt16LE(at + 32);
  }
  return entries;
}

export async function locateEntry(file: RandomAccess, { name, size, local, ...of }: ListedEntry): Promise<ZipEntry> {
  const start = await dataStart(file, local);
  if (start + size > file.size) throw new InvalidZipError('an entry reaches beyond its end');
  return { name, start, end: start + size, ...of };
}

/** Where the directory is, by its own account, and how far everything is shifted by bytes before the zip. */
async function findDirectory(file: RandomAccess) {
  const from = Math.max(0, file.size - END_BYTES - MOST.comment);
  const tail = await readAt(file, from, file.size - from);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURES.end) continue;
    const end = from + at;
    const end64 = await findEnd64(file, end);
    if (end64 !== undefined) return end64;
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    return { offset, bytes, shift: shiftOf(end, bytes, offset) };
  }
  return undefined;
}

async function findEnd64(file: RandomAccess, end: number) {
  if (end < LOCATOR_BYTES + END64_BYTES) return undefined;
  const locator = await readAt(file, end - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.readUInt32LE(0) !== SIGNATURES.locator) return undefined;
  const at = end - LOCATOR_BYTES - END64_BYTES;
  const record = await readAt(file, at, END64_BYTES);
  if (record.readUInt32LE(0) !== SIGNATURES.end64) throw new InvalidZipError('its end record is damaged');
  const bytes = whole(record.readBigUInt64LE(40));
  const offset = whole(record.readBigUInt64LE(48));
  return { offset, bytes, shift: shiftOf(at, bytes, offset) };
}

function shiftOf(end: number, bytes: number, offset: number): number {
  if (offset + bytes > end) throw new InvalidZipError('its directory lies outside of it');
  return end - bytes - offset;
}

/** The size of an entry's bytes and the place of its local header; those of large files stand in an extra field. */
function placeOf(buffer: Buffer, at: number, extra: Buffer): { size: number; local: number } {
  const short = {
    plain: buffer.readUInt32LE(at + 24),
    size: buffer.readUInt32LE(at + 20),
    local: buffer.readUInt32LE(at + 42),
  };
  let field = 0;
  const long = zip64Fields(extra);
  const resolve = (value: number): number => (value === 0xffffffff && field < long.length ? long[field++]! : value);
  resolve(short.plain);
  return { size: resolve(short.size), local: resolve(short.local) };
}

function zip64Fields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    const body = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    return Array.from({ length: Math.floor(body.length / 8) }, (_, i) => whole(body.readBigUInt64LE(8 * i)));
  }
  return [];
}

/** The local header repeats the name, and may have other extra fields. */
async function dataStart(file: RandomAccess, local: number): Promise<number> {
  const header = await readAt(file, local, LOCAL_BYTES);
  if (header.readUInt32LE(0) !== SIGNATURES.local) throw new InvalidZipError('an entry is not where it should be');
  return local + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function readAt(file: RandomAccess, start: number, bytes: number): Promise<Buffer> {
  if (start < 0 || start + bytes > file.size) throw new InvalidZipError('it reaches beyond its end');
  const read = await file.read(start, start + bytes);
  return Buffer.from(read.buffer, read.byteOffset, read.byteLength);
}

function whole(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidZipError('a size is out of range');
  return Number(value);
}
