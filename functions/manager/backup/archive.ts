/** The archive of a backup: what it takes to restore it, as files. Everything in it stays encrypted as it was. */
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { blobKeys } from '#domain/blob-keys.ts';
import type { ReadBlob } from '#domain/ports/blobs/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { listContents } from '#domain/vault/contents.ts';
import type { VaultServices } from '../services.ts';
import { unchanged } from './copy-backups.ts';
import { type TarFile, tar } from './tar.ts';

/** The names of its files; the record is the first of them. */
export const ARCHIVE = { record: 'backup.json', manifest: 'manifest', contents: 'contents/' } as const;

/** What is encrypted gets no smaller. */
const LEVEL = 1;

/** Bytes of the files, before gzip. */
export async function archiveSize({ adapters: { table } }: VaultServices, of: CompleteBackup): Promise<number> {
  const contents = await listContents(table, of);
  return of.complete.digests.ciphertext.bytes + contents.reduce((sum, { bytes }) => sum + bytes, 0);
}

export const archiveOf = (services: VaultServices, of: CompleteBackup): Readable => {
  const archive = Readable.from(tar(filesOf(services, of), Date.parse(of.created_at)));
  if (!of.compressed) return archive;
  const packed = createGzip({ level: LEVEL });
  // An error of the source is an error of the archive; and who gives that up closes the source.
  return pipeline(archive, packed, () => undefined);
};

async function* filesOf({ adapters: { table, blobs } }: VaultServices, of: CompleteBackup): AsyncGenerator<TarFile> {
  const record = Buffer.from(JSON.stringify(of), 'utf8');
  yield { name: ARCHIVE.record, size: record.length, body: [record] };
  const key = blobKeys.backupManifest(of.account_id, of.manager_id, of.id);
  const manifest = await blobs.backups.get(key);
  const written = of.complete.digests.ciphertext.sha256;
  yield* opened(ARCHIVE.manifest, manifest, key, written);
  for (const { sha256, key } of await listContents(table, of)) {
    yield* opened(`${ARCHIVE.contents}${sha256}`, await blobs.backups.get(key), key, sha256);
  }
}

/** Closed also where nobody began to read it. */
function* opened(name: string, { info, body }: ReadBlob, key: string, sha256: string): Generator<TarFile> {
  try {
    yield { name, size: info.size, body: unchanged(body, key, sha256) };
  } finally {
    body.destroy();
  }
}
