/**
 * Files that wait for an hour at most: those that callers put in parts, and those that are made to be downloaded. They
 * are marked as orphaned from the beginning, so that the sweep deletes what nobody does.
 */

import { blobKeys } from '../blob-keys.ts';
import { expectParts, partSize, partsOf } from '../datasets/uploads.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import { deleteOrphans, markOrphaned } from '../orphans.ts';
import type { Blobs, BucketName, UploadPart } from '../ports/blobs/port.ts';
import { InvalidUploadError, NoSuchUploadError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import type { ManagerRef } from './manager.ts';

/** How long an upload may take, and a staged file stays in its bucket. */
export const STAGED_SECONDS = 3600;

/** Where a staged file is. */
export interface Staged {
  readonly bucket: BucketName;
  readonly prefix: string;
  readonly file: string;
}

const below = (bucket: BucketName, prefix: string): Staged => ({ bucket, prefix, file: `${prefix}data` });

/** A model in plain. */
export const stagedModel = (of: ManagerRef, id: string): Staged =>
  below('artifacts', blobKeys.vaultStagedPrefix(of.account_id, of.vault, id));

/** The archive of a backup: as much encrypted as the backup is. */
export const stagedArchive = (of: ManagerRef, id: string): Staged =>
  below('backups', blobKeys.backupStagedPrefix(of.account_id, of.id, id));

export const markOfStaged = ({ bucket, prefix }: Staged, now: number): Write =>
  markOrphaned(bucket, prefix, now + STAGED_SECONDS * 1000);

/** Before it is written: on one machine it is on the disk no later than the file's own row. */
export const markStaged = (table: Table, staged: Staged, now: number): Promise<void> =>
  table.transact([markOfStaged(staged, now)], undefined, { relaxed: true });

export const deleteStaged = (table: Table, blobs: Blobs, { bucket, prefix }: Staged): Promise<void> =>
  deleteOrphans(table, blobs, bucket, prefix);

/** For how long a URL of a staged file is valid: as long as the file, or until the credentials end that sign it. */
export const signedSeconds = (blobs: Blobs, until: number, now: number): Promise<number> =>
  blobs.presignedSeconds(Math.max(1, Math.floor((until - now) / 1000)));

export interface SignedParts {
  readonly partSize: number;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
  /** For which the URLs are valid. */
  readonly seconds: number;
  /** When the upload ends. */
  readonly until: string;
}

export interface UploadInParts {
  readonly upload_id: string;
  readonly file_size: number;
  /** Default: that of datasets, as earlier versions had it. */
  readonly part_size?: number | undefined;
}

/** A presigned URL for each part of an upload of so many bytes that ends at `until`. Throws `InvalidUploadError`. */
export async function signParts(
  blobs: Blobs,
  { file }: Staged,
  { upload_id, file_size, part_size = partSize(file_size) }: UploadInParts,
  { until, now }: { readonly until: number; readonly now: number },
): Promise<SignedParts> {
  const seconds = await signedSeconds(blobs, until, now);
  const urls = await blobs.presignParts(file, upload_id, partsOf(file_size, part_size), seconds);
  const parts = urls.map((url, index) => ({ part: index + 1, url }));
  return { partSize: part_size, parts, seconds, until: isoTime(until) };
}

/**
 * Joins the parts to the staged file. Done again, it finds the file. Throws `ValidationError`; where that is for the
 * list of the parts, the upload stays as it was. Throws `NotFoundError` if it was given up in the meantime.
 */
export async function joinParts(
  blobs: Blobs,
  { file }: Staged,
  upload: UploadInParts & { readonly id: string },
  parts: readonly UploadPart[],
): Promise<void> {
  expectParts(upload.file_size, parts, upload.part_size);
  const info = (await blobs.head(file)) ?? (await join(blobs, file, upload, parts));
  if (info.size === upload.file_size) return;
  await blobs.delete(file);
  throw ValidationError.of(
    'file_size',
    `must be the ${upload.file_size} bytes announced; got ${info.size}; start again`,
  );
}

async function join(
  blobs: Blobs,
  file: string,
  { id, upload_id }: { readonly id: string; readonly upload_id: string },
  parts: readonly UploadPart[],
) {
  try {
    return await blobs.completeUpload(file, upload_id, parts);
  } catch (error) {
    if (!(error instanceof InvalidUploadError)) throw error;
    // Another completion at the same time may have joined them.
    const info = await blobs.head(file);
    if (info) return info;
    // It was given up in the meantime.
    if (error instanceof NoSuchUploadError) throw new NotFoundError(`Upload ${id} not found`);
    throw ValidationError.of('parts', error.message);
  }
}
