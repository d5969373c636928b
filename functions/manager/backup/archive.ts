/** The archive of a backup: what it takes to restore it, as files. Everything in it stays encrypted as it was. */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { blobKeys } from '#domain/blob-keys.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { listContents } from '#domain/vault/contents.ts';
import type { VaultServices } from '../services.ts';
import { unchanged } from './copy-backups.ts';
import { GZIP_HEADER, gzipEnd, gzipPiece } from './gzip.ts';
import { type TarFile, tar } from './tar.ts';

/** The names of its files; the record is the first of them. */
export const ARCHIVE = { record: 'backup.json', manifest: 'manifest', contents: 'contents/' } as const;

/** Bytes of the tar that are packed by themselves: who writes a part of an archive begins with such a piece. */
const PIECE_BYTES = 4_194_304;

/** What is encrypted gets no smaller, so that it is only stored. */
const LEVELS = { encrypted: 0, plain: 1 } as const;

/** Bytes of the files, before gzip. */
export async function archiveSize({ adapters: { table } }: VaultServices, of: CompleteBackup): Promise<number> {
  const contents = await listContents(table, of);
  return of.complete.digests.ciphertext.bytes + contents.reduce((sum, { bytes }) => sum + bytes, 0);
}

export const archiveOf = (services: VaultServices, of: CompleteBackup): Readable =>
  Readable.from(bytesOf(archivePieces(services, of, TAR_BEGINNING)), { objectMode: false });

async function* bytesOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of pieces) yield bytes;
}

/** A place in the tar, and the CRC-32 of what comes before it: gzip ends with that of all. */
export interface TarPlace {
  readonly tar: number;
  readonly crc: number;
}

export const TAR_BEGINNING: TarPlace = { tar: 0, crc: 0 };

export interface Piece {
  readonly bytes: Uint8Array;
  /** Where the next one begins. */
  readonly end: TarPlace;
}

/**
 * From the end of a piece on. The same place has the same bytes after it, whenever and wherever that is done. With gzip, it is
 * one member: some programs that read a stream stop at the end of the first.
 */
export async function* archivePieces(
  services: VaultServices,
  of: CompleteBackup,
  from: TarPlace,
): AsyncGenerator<Piece> {
  const level = of.complete.encryption ? LEVELS.encrypted : LEVELS.plain;
  let end = from;
  if (of.compressed && from.tar === 0) yield { bytes: GZIP_HEADER, end };
  for await (const plain of inPieces(tar(filesOf(services, of), Date.parse(of.created_at), from.tar))) {
    end = { tar: end.tar + plain.length, crc: crc32(plain, end.crc) };
    yield { bytes: of.compressed ? await gzipPiece(plain, level) : plain, end };
  }
  if (of.compressed) yield { bytes: gzipEnd(end.crc, end.tar), end };
}

async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, PIECE_BYTES - filled);
      piece.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (filled < PIECE_BYTES) continue;
      yield piece;
      piece = Buffer.allocUnsafe(PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

async function* filesOf({ adapters: { table, blobs } }: VaultServices, of: CompleteBackup): AsyncGenerator<TarFile> {
  const record = Buffer.from(JSON.stringify(of), 'utf8');
  yield { name: ARCHIVE.record, size: record.length, body: [record] };
  const key = blobKeys.backupManifest(of.account_id, of.manager_id, of.id);
  const { sha256, bytes } = of.complete.digests.ciphertext;
  yield { name: ARCHIVE.manifest, size: bytes, body: opened(blobs.backups, key, sha256) };
  for (const { sha256, bytes, key } of await listContents(table, of)) {
    yield { name: `${ARCHIVE.contents}${sha256}`, size: bytes, body: opened(blobs.backups, key, sha256) };
  }
}

/** Opened once somebody begins to read it. */
async function* opened(backups: BlobsWithoutUrls, key: string, sha256: string): AsyncGenerator<Uint8Array> {
  yield* unchanged((await backups.get(key)).body, key, sha256);
}
