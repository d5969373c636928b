/**
 * A multipart upload, for files that do not fit into one request: the client puts the parts straight into the bucket,
 * and completing the upload creates the dataset. An upload that is never completed expires with its parts.
 */
import { z } from 'zod';
import type { Room } from '../accounts/usage/room.ts';
import { blobKeys } from '../blob-keys.ts';
import { NotFoundError, StorageLimitError, ValidationError } from '../errors.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { markOrphaned } from '../orphans.ts';
import type { Blobs, PartToPut, UploadPart } from '../ports/blobs/port.ts';
import { BLOB_LIMITS } from '../ports/blobs/rules.ts';
import { InvalidUploadError, NoSuchUploadError, TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { createDataset } from './change.ts';
import type { StoredFormat } from './file-format.ts';
import { parsingOptions } from './parsing-options.ts';
import { findDataset } from './read.ts';
import { DATASET_TYPES, type Dataset } from './record.ts';

export const upload = z.object({
  /** The id that the dataset will have. */
  id: z.string(),
  account_id: z.string(),
  /** The bucket's id of the multipart upload. */
  upload_id: z.string(),
  name: z.string(),
  description: z.string(),
  dataset_type: z.enum(DATASET_TYPES),
  requested_target: z.string().optional(),
  requested_type: z.enum(DATASET_TYPES).optional(),
  parsing: parsingOptions.optional(),
  file_name: z.string(),
  file_size: z.number().int(),
  /** Bytes of each part but the last. Absent in uploads that an earlier release has begun, where it is `partSize`. */
  part_size: z.number().int().optional(),
});
export type Upload = z.infer<typeof upload>;

export interface StartedUpload {
  readonly partSize: number;
  /** For which the URLs are valid. */
  readonly seconds: number;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
}

const MEBIBYTE = 1_048_576;

/** Bytes of each part but the last: whole MiB, at least the minimum, and enough to stay below the maximum of parts. */
export function partSize(fileSize: number): number {
  const { partBytes, parts } = LIMITS.upload;
  const needed = Math.ceil(fileSize / parts);
  return Math.max(partBytes, Math.ceil(needed / MEBIBYTE) * MEBIBYTE);
}

/** Up to so many, parts are smaller than usual. */
const SMALL_PARTS = 64;

/**
 * The same of a new dataset: a file is read while its parts arrive, and the smaller the first ones are, the sooner that begins.
 * They are no smaller than S3 takes, and as large as usual where they would be many.
 */
const datasetPartSize = (fileSize: number): number =>
  Math.min(
    partSize(fileSize),
    Math.max(BLOB_LIMITS.minPartBytes, Math.ceil(fileSize / SMALL_PARTS / MEBIBYTE) * MEBIBYTE),
  );

const partCount = (fileSize: number, size: number): number => Math.max(1, Math.ceil(fileSize / size));

/** Parts of equal size; the last holds the rest. */
export const partsOf = (fileSize: number, size = partSize(fileSize)): PartToPut[] =>
  Array.from({ length: partCount(fileSize, size) }, (_, index) => ({
    part: index + 1,
    bytes: Math.min(size, fileSize - index * size),
  }));

/** Starts the upload and returns it, with a presigned URL for each part; `signParts` gives others. */
export async function startUpload(
  table: Table,
  blobs: Blobs,
  wanted: Omit<Upload, 'upload_id' | 'part_size'>,
  now: number,
): Promise<StartedUpload & { readonly upload: Upload }> {
  const expires = now + LIMITS.upload.seconds * 1000;
  const key = blobKeys.datasetFile(wanted.account_id, wanted.id);
  const uploadId = await blobs.startUpload(key, { contentType: 'application/octet-stream' });
  const upload = { ...wanted, upload_id: uploadId, part_size: datasetPartSize(wanted.file_size) };
  const signed = await signParts(blobs, upload);
  const item = { ...keys.upload(wanted.account_id, wanted.id), ...upload };
  await table.transact([
    // Once the upload is complete, the file is orphaned until the dataset is written.
    markOrphaned('datasets', blobKeys.datasetPrefix(wanted.account_id, wanted.id), expires + 3_600_000),
    { kind: 'put', item: { ...item, expiresAt: epochSeconds(expires) } },
  ]);
  return { ...signed, upload };
}

/** A new URL for each part, of those that were sent already too. Throws `NotFoundError` if the bucket has no such upload. */
export async function signParts(
  blobs: Blobs,
  of: Pick<Upload, 'account_id' | 'id' | 'upload_id' | 'file_size' | 'part_size'>,
): Promise<StartedUpload> {
  const seconds = await blobs.presignedSeconds(LIMITS.upload.seconds);
  const key = blobKeys.datasetFile(of.account_id, of.id);
  try {
    const urls = await blobs.presignParts(key, of.upload_id, partsOf(of.file_size, of.part_size), seconds);
    const parts = urls.map((url, index) => ({ part: index + 1, url }));
    return { partSize: of.part_size ?? partSize(of.file_size), seconds, parts };
  } catch (error) {
    if (error instanceof InvalidUploadError) throw new NotFoundError(`Upload ${of.id} not found`);
    throw error;
  }
}

/** `undefined`: it was completed, has expired, or belongs to another account. */
export async function findUpload(table: Table, accountId: string, id: string): Promise<Upload | undefined> {
  const item = await table.get(keys.upload(accountId, id));
  return item && upload.parse(item);
}

/** Throws `NotFoundError`, also for an upload that has expired or belongs to another account. */
export async function getUpload(table: Table, accountId: string, id: string): Promise<Upload> {
  const found = await findUpload(table, accountId, id);
  if (!found) throw uploadNotFound(id);
  return found;
}

export const uploadNotFound = (id: string): NotFoundError => new NotFoundError(`Upload ${id} not found`);

export interface Completion {
  readonly parts: readonly UploadPart[];
  /**
   * The format of the file as its beginning shows it. Throws `ValidationError` if that shows that it is no dataset; then the
   * upload is over.
   */
  readonly inspect: () => Promise<Partial<StoredFormat>>;
  /** Throws if the account has none for it any more; then the upload stays as it was. */
  readonly room?: Room | undefined;
}

/**
 * Completes the multipart upload and creates the dataset. Concurrent calls all return the same dataset. Throws
 * `ValidationError` if parts are missing or differ from what was sent; then the upload stays as it was. Throws
 * `NotFoundError` if it was aborted in the meantime.
 */
export async function completeUpload(
  table: Table,
  blobs: Blobs,
  of: Upload,
  { parts, inspect, room }: Completion,
  now: number,
): Promise<Dataset> {
  const key = blobKeys.datasetFile(of.account_id, of.id);
  expectParts(of.file_size, parts, of.part_size);
  // A retry after a crash finds the file in place.
  const info = (await blobs.head(key)) ?? (await complete(blobs, key, of, parts));
  let stored: Partial<StoredFormat>;
  try {
    if (info.size !== of.file_size) {
      throw ValidationError.of(
        'file_size',
        `must be the ${of.file_size} bytes announced; got ${info.size}; start again`,
      );
    }
    stored = await inspect();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    await blobs.delete(key);
    await table.delete(keys.upload(of.account_id, of.id));
    throw error;
  }
  const { upload_id: _, part_size: __, ...rest } = of;
  const created = { ...rest, ...stored, uploaded_at: isoTime(now), status: 'processing' as const, in_use: 0 };
  try {
    const end: Write = { kind: 'delete', key: keys.upload(of.account_id, of.id) };
    return await createDataset(table, created, () => [end], room);
  } catch (error) {
    const existing =
      error instanceof TransactionFailedError || error instanceof StorageLimitError
        ? await findDataset(table, of.account_id, of.id)
        : undefined;
    if (!existing) throw error;
    return existing;
  }
}

/**
 * The uploaded parts stay, so a client that left out a part by mistake can correct its list.
 * @throws ValidationError, field `parts`
 */
export function expectParts(fileSize: number, parts: readonly UploadPart[], size = partSize(fileSize)): void {
  const count = partCount(fileSize, size);
  if (parts.length === count && parts.every(({ part }, index) => part === index + 1)) return;
  const got = parts.map(({ part }) => part).slice(0, 20);
  throw ValidationError.of(
    'parts',
    `must be the parts 1 to ${count}, in this order; got ${got.join(', ') || 'none'}${parts.length > got.length ? ' …' : ''}`,
  );
}

async function complete(
  blobs: Blobs,
  key: string,
  { id, upload_id }: Pick<Upload, 'id' | 'upload_id'>,
  parts: readonly UploadPart[],
) {
  try {
    return await blobs.completeUpload(key, upload_id, parts);
  } catch (error) {
    if (!(error instanceof InvalidUploadError)) throw error;
    // A concurrent call may have completed it.
    const info = await blobs.head(key);
    if (info) return info;
    // Or it was given up in the meantime.
    if (error instanceof NoSuchUploadError) throw uploadNotFound(id);
    throw ValidationError.of('parts', error.message);
  }
}

export async function abortUpload(table: Table, blobs: Blobs, of: Upload): Promise<void> {
  try {
    await blobs.abortUpload(blobKeys.datasetFile(of.account_id, of.id), of.upload_id);
  } catch (error) {
    // The bucket has no such upload: an earlier call aborted it and crashed before deleting the record.
    if (!(error instanceof InvalidUploadError)) throw error;
  }
  await table.delete(keys.upload(of.account_id, of.id));
}
