/**
 * Opens ZIP archives that anyone may have made: what could fill the memory or leave a folder is refused, with the entry's
 * name. Nothing is unpacked before all of the archive's directory was checked.
 */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { type FileBytes, from } from './file-bytes.ts';

const BOUNDS = LIMITS.zip;

/** A file of an archive; folders, and what macOS adds, are no entries. */
export interface ZipEntry {
  /** With `/` between folders; relative, without `..`. */
  readonly name: string;
  /** Bytes when it is unpacked. */
  readonly size: number;
  /** Its bytes, unpacked. They are checked against size and checksum at their end. */
  open(): AsyncGenerator<Buffer>;
}

/**
 * The archive's entries, in the order of its directory.
 * @throws ValidationError with field `file`, also while an entry is read
 */
export async function openZip(bytes: FileBytes): Promise<readonly ZipEntry[]> {
  const archive = await opened(bytes);
  const found: yauzl.Entry[] = [];
  try {
    for await (const entry of archive.eachEntry()) {
      if (found.length === BOUNDS.entries)
        throw fileFault(`must be a ZIP of at most ${BOUNDS.entries} entries; got more`);
      found.push(entry);
    }
  } catch (error) {
    throw await directoryFault(error, bytes, archive);
  }
  const named = found.map((entry) => ({ entry, name: nameOf(entry) }));
  for (const { entry, name } of named) expectSafe(entry, name);
  expectApart(named, bytes.size);
  return named
    .filter(({ name }) => !isExtra(name))
    .map(({ entry, name }) => ({ name, size: entry.uncompressedSize, open: () => unpacked(archive, entry, name) }));
}

async function opened(bytes: FileBytes): Promise<yauzl.ZipFile> {
  try {
    // Names are decoded below, so that errors can say them.
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    return await yauzl.fromRandomAccessReaderPromise(new Ranges(bytes), bytes.size, options);
  } catch (error) {
    throw damaged(error);
  }
}

const damaged = (error: unknown) =>
  error instanceof Error && !('code' in error) && !('details' in error)
    ? fileFault(`must be a whole ZIP archive; it is cut off or damaged: ${error.message}`)
    : error;

class Ranges extends yauzl.RandomAccessReader {
  readonly #bytes: FileBytes;
  constructor(bytes: FileBytes) {
    super();
    this.#bytes = bytes;
  }
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(from(this.#bytes, start, end), { objectMode: false });
  }
}

/** A field of the directory's headers, by its place. */
const HEADER = { bytes: 46, nameLength: 28 };

/** What cannot even be listed; strong encryption is reported without the entry's name, which stands where it stopped. */
async function directoryFault(error: unknown, bytes: FileBytes, { readEntryCursor }: yauzl.ZipFile) {
  if (!(error instanceof Error && error.message.includes('strong encryption'))) return damaged(error);
  // Its types say that it is a boolean.
  const at = Number(readEntryCursor);
  const header = Buffer.from(await bytes.range(at, at + HEADER.bytes));
  const name = await bytes.range(at + HEADER.bytes, at + HEADER.bytes + header.readUInt16LE(HEADER.nameLength));
  return encrypted(Buffer.from(name).toString('utf8'));
}

const entryFault = (name: string, message: string) => fileFault(`entry ${shown(name)} of the ZIP ${message}`);
const encrypted = (name: string) => entryFault(name, 'must not be encrypted; pack it without a password');

function nameOf(entry: yauzl.Entry): string {
  const raw = entry.fileName as unknown as Buffer;
  return yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, false);
}

const UNIX = 3;
const FILE_TYPE = 0o170000;
const TYPES = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);
const STORED = 0;
const DEFLATED = 8;

function expectSafe(entry: yauzl.Entry, name: string): void {
  if (name === '' || hasControls(name)) throw entryFault(name, 'must have a name without control characters');
  if (yauzl.validateFileName(name) !== null) {
    throw entryFault(name, 'must lie in the archive: its name must be relative and without ".."');
  }
  const mode = entry.versionMadeBy >>> 8 === UNIX ? (entry.externalFileAttributes >>> 16) & FILE_TYPE : 0;
  const type = TYPES.get(mode) ?? 'device';
  if (type !== 'file' && type !== 'folder') throw entryFault(name, `must be a file; got a ${type}`);
  if (entry.isEncrypted()) throw encrypted(name);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw entryFault(name, `must be stored or deflated; got the compression method ${entry.compressionMethod}`);
  }
  expectRatio(entry.uncompressedSize, entry.compressedSize, (text) => entryFault(name, text));
}

function hasControls(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) < 32) return true;
  return false;
}

/** Refuses what unpacks to far more than data do. */
export function expectRatio(unpackedBytes: number, packedBytes: number, fault: (text: string) => Error): void {
  if (unpackedBytes <= BOUNDS.anyBytes || unpackedBytes <= BOUNDS.ratio * packedBytes) return;
  throw fault(
    `must unpack to at most ${BOUNDS.ratio} times its packed size; got ${unpackedBytes} bytes of ${packedBytes}`,
  );
}

/** The least bytes of a local header. */
const LOCAL_HEADER = 30;

/** Entries that share their bytes make a small archive unpack to an endless one. */
function expectApart(named: readonly { entry: yauzl.Entry; name: string }[], size: number): void {
  const inOrder = named.toSorted((a, b) => start(a) - start(b));
  for (const [i, one] of inOrder.entries()) {
    const end = start(one) + LOCAL_HEADER + one.entry.fileNameLength + one.entry.compressedSize;
    const next = inOrder[i + 1];
    if (end > (next ? start(next) : size)) {
      throw entryFault(one.name, next ? `must not overlap ${shown(next.name)}` : 'must end within the archive');
    }
  }
}

const start = ({ entry }: { entry: yauzl.Entry }): number => entry.relativeOffsetOfLocalHeader;

/** Folders, and hidden files, as macOS, Windows and other programs leave them. */
const isExtra = (name: string): boolean =>
  name.endsWith('/') || name.startsWith('__MACOSX/') || isHidden(name.split('/').at(-1)!);

const isHidden = (file: string): boolean => file.startsWith('.') || ['Thumbs.db', 'desktop.ini'].includes(file);

async function* unpacked(archive: yauzl.ZipFile, entry: yauzl.Entry, name: string): AsyncGenerator<Buffer> {
  let sum = 0;
  try {
    const stream = await archive.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw entryDamaged(error, name);
  }
  if (sum !== entry.crc32) throw entryFault(name, 'is damaged: its checksum is not that of its bytes');
}

/** Not errors of the store, nor those that say what is wrong already. */
function entryDamaged(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || 'details' in error) return error;
  const code = 'code' in error ? String(error.code) : 'Z_';
  return code.startsWith('Z_') ? entryFault(name, `is damaged: ${error.message}`) : error;
}
