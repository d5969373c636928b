import type { BlobInfo, Digest } from '#domain/ports/blobs/port.ts';
import type { Database, Row } from '../database.ts';
import type { Content } from './contents.ts';

/** All columns but `contents`, which is long for a blob of many parts. */
export const INFO_COLUMNS = 'key, size, etag, content_type, modified_at';

export const infoOf = (row: Row): BlobInfo => ({
  key: String(row.key),
  size: Number(row.size),
  etag: String(row.etag),
  contentType: String(row.content_type),
  modifiedAt: Number(row.modified_at),
});

/** Its contents in their order. Of those that an earlier release wrote, the SHA-256 is known only if there is one. */
export function contentsOf(row: Row): Content[] {
  const stored = JSON.parse(String(row.contents)) as [name: string, size: number, sha256?: string][];
  return stored.map(([name, size, sha256 = stored.length === 1 ? String(row.etag) : undefined]) => ({
    name,
    size,
    ...(sha256 === undefined ? {} : { sha256 }),
  }));
}

/** Of all contents, or `undefined` if that of one is not known. */
export function digestsOf(contents: readonly Content[]): Digest[] | undefined {
  const digests = contents.flatMap(({ size: bytes, sha256 }) => (sha256 === undefined ? [] : [{ bytes, sha256 }]));
  return digests.length === contents.length ? digests : undefined;
}

export interface NewBlob {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly etag: string;
  readonly contents: readonly Content[];
}

/**
 * Makes durable contents the content of the key; only within `Database.write`. Returns the new blob and the names of
 * its previous contents, to be removed after the commit.
 */
export function replaceBlob(database: Database, blob: NewBlob, now: number): { info: BlobInfo; replaced: string[] } {
  const { bucket, key, contentType, etag, contents } = blob;
  const size = contents.reduce((sum, content) => sum + content.size, 0);
  const before = database.get('SELECT contents, etag FROM blobs WHERE bucket = ? AND key = ?', bucket, key);
  database.run(
    `REPLACE INTO blobs (bucket, key, size, etag, content_type, modified_at, contents) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    bucket,
    key,
    size,
    etag,
    contentType,
    now,
    JSON.stringify(contents.map(({ name, size, sha256 }) => [name, size, ...(sha256 === undefined ? [] : [sha256])])),
  );
  const replaced = before === undefined ? [] : contentsOf(before).map((content) => content.name);
  return { info: { key, size, etag, contentType, modifiedAt: now }, replaced };
}

/** The names of the contents that belong to a blob or to a part of an upload. */
export function referencedContents(database: Database): Set<string> {
  const rows = database.iterate(
    `SELECT json_extract(entry.value, '$[0]') AS name FROM blobs, json_each(blobs.contents) AS entry
     UNION ALL SELECT content AS name FROM parts`,
  );
  const names = new Set<string>();
  for (const row of rows) names.add(String(row.name));
  return names;
}
