/** The archive of a backup: what it takes to restore it, as files. Everything in it stays encrypted as it was. */
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { blobKeys } from '#domain/blob-keys.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { listContents } from '#domain/vault/contents.ts';
import type { VaultServices } from '../services.ts';
import { unchanged } from './copy-backups.ts';
import { type TarFile, tar } from './tar.ts';

/** The names of its files; the record is the first of them. */
export const ARCHIVE = { record: 'backup.json', manifest: 'manifest', contents: 'contents/' } as const;

/**
 * Bytes of the tar that one member of gzip has. Members follow one another, which every reader takes for one file; who reads
 * or writes a part of an archive begins at one.
 */
const MEMBER_BYTES = 4_194_304;

/** What is encrypted gets no smaller, so that it is only stored. */
const LEVELS = { encrypted: 0, plain: 1 } as const;

/** Bytes of the files, before gzip. */
export async function archiveSize({ adapters: { table } }: VaultServices, of: CompleteBackup): Promise<number> {
  const contents = await listContents(table, of);
  return of.complete.digests.ciphertext.bytes + contents.reduce((sum, { bytes }) => sum + bytes, 0);
}

export const archiveOf = (services: VaultServices, of: CompleteBackup): Readable =>
  Readable.from(bytesOf(archiveMembers(services, of, 0)), { objectMode: false });

async function* bytesOf(members: AsyncIterable<Member>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of members) yield bytes;
}

export interface Member {
  readonly bytes: Uint8Array;
  /** Where the next one begins, in the tar. */
  readonly end: number;
}

/**
 * From a position in the tar at which a member begins. The same position has the same bytes after it, whenever and wherever
 * that is done.
 */
export async function* archiveMembers(
  services: VaultServices,
  of: CompleteBackup,
  from: number,
): AsyncGenerator<Member> {
  const level = of.complete.encryption ? LEVELS.encrypted : LEVELS.plain;
  let end = from;
  for await (const plain of inMembers(tar(filesOf(services, of), Date.parse(of.created_at), from))) {
    end += plain.length;
    yield { bytes: of.compressed ? await packed(plain, { level }) : plain, end };
  }
}

const packed = promisify<Uint8Array, { level: number }, Buffer>(gzip);

async function* inMembers(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let member = Buffer.allocUnsafe(MEMBER_BYTES);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, MEMBER_BYTES - filled);
      member.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (filled < MEMBER_BYTES) continue;
      yield member;
      member = Buffer.allocUnsafe(MEMBER_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield member.subarray(0, filled);
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
