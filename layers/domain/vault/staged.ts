/**
 * Files that wait for an hour at most: those that callers put in parts, and those that are made to be downloaded. They
 * are marked as orphaned from the beginning, so that the sweep deletes what nobody does.
 */
import { partSize, partsOf } from '../datasets/uploads.ts';
import { ValidationError } from '../errors.ts';
import { blobKeys } from '../keys.ts';
import { deleteOrphans, markOrphaned } from '../orphans.ts';
import type { Blobs, BucketName, UploadPart } from '../ports/blobs/port.ts';
import { InvalidUploadError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
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

/** Before it is written. */
export const markStaged = (table: Table, staged: Staged, now: number): Promise<void> =>
  table.transact([markOfStaged(staged, now)]);

export const deleteStaged = (table: Table, blobs: Blobs, { bucket, prefix }: Staged): Promise<void> =>
  deleteOrphans(table, blobs, bucket, prefix);

/** Starts an upload in parts of so many bytes. Resolves with the bucket's id of it, and a presigned URL for each part. */
export async function startParts(blobs: Blobs, { file }: Staged, size: number) {
  const uploadId = await blobs.startUpload(file);
  const urls = await blobs.presignParts(file, uploadId, partsOf(size), STAGED_SECONDS);
  return { uploadId, partSize: partSize(size), parts: urls.map((url, index) => ({ part: index + 1, url })) };
}

/** Joins the parts to the staged file. Done again, it finds the file. Throws `ValidationError`. */
export async function joinParts(
  blobs: Blobs,
  { file }: Staged,
  upload: { readonly upload_id: string; readonly file_size: number },
  parts: readonly UploadPart[],
): Promise<void> {
  const info = (await blobs.head(file)) ?? (await join(blobs, file, upload.upload_id, parts));
  if (info.size === upload.file_size) return;
  await blobs.delete(file);
  throw ValidationError.of(
    'file_size',
    `must be the ${upload.file_size} bytes announced; got ${info.size}; start again`,
  );
}

async function join(blobs: Blobs, file: string, uploadId: string, parts: readonly UploadPart[]) {
  try {
    return await blobs.completeUpload(file, uploadId, parts);
  } catch (error) {
    if (!(error instanceof InvalidUploadError)) throw error;
    // Another completion at the same time may have joined them.
    const info = await blobs.head(file);
    if (info) return info;
    throw ValidationError.of('parts', error.message);
  }
}
