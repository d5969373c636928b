import { createHash } from 'node:crypto';
import { crc32Digest, sha256Digest } from '#domain/checked-stream.ts';
import type { BlobInfo, Digest } from '#domain/ports/blobs/port.ts';
import type { Database, Row } from '../database.ts';
import type { Content } from './content-stream.ts';
import { isFramed } from './framed-content.ts';

/** All columns but `contents`, which is long for a blob of many parts. */
export const INFO_COLUMNS = 'key, size, etag, content_type, modified_at';

export const infoOf = (row: Row): BlobInfo => ({
  key: String(row.key),
  size: Number(row.size),
  etag: String(row.etag),
  contentType: String(row.content_type),
  modifiedAt: Number(row.modified_at),
});

/** Its contents in their order. Of those that an earlier release wrote, the digest is known where its etag is one. */
export function contentsOf(row: Row): Content[] {
  const stored = JSON.parse(String(row.contents)) as [name: string, size: number, digest?: string, sums?: string][];
  return stored.map(
    ([name, size, digest = stored.length === 1 ? digestOfEtag(String(row.etag)) : undefined, sums]) => ({
      name,
      size,
      ...(digest === undefined ? {} : { digest }),
      ...(sums === undefined ? {} : { sums }),
    }),
  );
}

export function contentOfPart(row: Row): Content {
  const digest = digestOfEtag(String(row.etag));
  return {
    ...{ name: String(row.content), size: Number(row.size) },
    ...(digest === undefined ? {} : { digest }),
    ...(row.sums === null ? {} : { sums: String(row.sums) }),
  };
}

/**
 * Of a blob that was joined of parts, by their names, which are never used again: whoever followed the upload sees whether
 * these are what was read. Etags of parts would not do, since anybody can make other bytes of the same checksum.
 */
export const etagOfParts = (parts: readonly Content[]): string =>
  `${createHash('sha256')
    .update(parts.map(({ name }) => name).join())
    .digest('hex')}-${parts.length}`;

/** How a row has them. One with checksums of its blocks has a digest. */
const storedContents = (contents: readonly Content[]): string =>
  JSON.stringify(
    contents.map(({ name, size, digest, sums }) => [name, size, digest, sums].filter((part) => part !== undefined)),
  );

/** Only within `Database.write`: the same contents, of which more is known. Not if they were replaced meanwhile. */
export function noteSums(database: Database, { bucket, key, etag }: Row, contents: readonly Content[]): void {
  const sql = 'UPDATE blobs SET contents = ? WHERE bucket = ? AND key = ? AND etag = ?';
  database.run(sql, storedContents(contents), bucket ?? '', key ?? '', etag ?? '');
}

/** The digest that an etag is, if it is one: see `etag.ts`. */
export function digestOfEtag(etag: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return sha256Digest(etag);
  const sum = /^([0-9a-f]{8})-\d{1,15}$/.exec(etag)?.[1];
  return sum === undefined ? undefined : crc32Digest(Number.parseInt(sum, 16));
}

/** Whether reading finds damage by itself. */
export const areFramed = (contents: readonly Content[]): boolean => contents.every(({ name }) => isFramed(name));

/** Of all contents, or `undefined` if that of one is not known. */
export function digestsOf(contents: readonly Content[]): Digest[] | undefined {
  const digests = contents.flatMap(({ size: bytes, digest }) => (digest === undefined ? [] : [{ bytes, digest }]));
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
    storedContents(contents),
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
