/** Writes a zip whose entries are stored as they are, each at a multiple of 64 bytes, so that it can be mapped into memory. */
import { crc32 } from 'node:zlib';
import { WeightsError } from './weights-error.ts';

export interface ZipInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const SIGNATURES = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 };
const LOCAL_BYTES = 30;
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const ALIGNMENT = 64;
/** The field of padding, as PyTorch names it; it begins with its name and length. */
const PADDING = { name: 0x4246, head: 4 };
/** Larger zips are written otherwise. */
const MOST_BYTES = 2 ** 32 - 1;
/** Version 2.0 of the format, and the first day that it can say. */
const VERSION = 20;
const FIRST_DAY = 0x21;

/** Pieces that follow each other, most of which are the entries' own memory. */
export function writeZip(entries: readonly ZipInput[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const local = at;
    const called = Buffer.from(name);
    const facts = { called, size: bytes.length, crc: crc32(bytes) };
    const before = at + LOCAL_BYTES + called.length + PADDING.head;
    const padding = PADDING.head + ((ALIGNMENT - (before % ALIGNMENT)) % ALIGNMENT);
    pieces.push(localHeader(facts, padding), bytes);
    at += LOCAL_BYTES + called.length + padding + bytes.length;
    directory.push(directoryEntry(facts, local));
  }
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  if (at + bytes + END_BYTES > MOST_BYTES)
    throw new WeightsError(
      `a .pth must have at most ${MOST_BYTES} bytes; this one would have ${at + bytes + END_BYTES}`,
    );
  return [...pieces, ...directory, endOf(entries.length, bytes, at)];
}

interface Facts {
  readonly called: Buffer;
  readonly size: number;
  readonly crc: number;
}

function localHeader(facts: Facts, padding: number): Buffer {
  const header = Buffer.alloc(LOCAL_BYTES + facts.called.length + padding);
  header.writeUInt32LE(SIGNATURES.local, 0);
  writeFacts(header, 4, facts);
  header.writeUInt16LE(padding, 28);
  facts.called.copy(header, LOCAL_BYTES);
  header.writeUInt16LE(PADDING.name, LOCAL_BYTES + facts.called.length);
  header.writeUInt16LE(padding - PADDING.head, LOCAL_BYTES + facts.called.length + 2);
  return header;
}

function directoryEntry(facts: Facts, local: number): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES + facts.called.length);
  entry.writeUInt32LE(SIGNATURES.entry, 0);
  entry.writeUInt16LE(VERSION, 4);
  writeFacts(entry, 6, facts);
  entry.writeUInt32LE(local, 42);
  facts.called.copy(entry, ENTRY_BYTES);
  return entry;
}

/** What the header of an entry and its line in the directory have in common. */
function writeFacts(into: Buffer, at: number, { called, size, crc }: Facts): void {
  into.writeUInt16LE(VERSION, at);
  into.writeUInt16LE(FIRST_DAY, at + 8);
  into.writeUInt32LE(crc, at + 10);
  into.writeUInt32LE(size, at + 14);
  into.writeUInt32LE(size, at + 18);
  into.writeUInt16LE(called.length, at + 22);
}

function endOf(entries: number, bytes: number, start: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(SIGNATURES.end, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(start, 16);
  return end;
}
