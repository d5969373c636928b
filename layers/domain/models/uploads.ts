/**
 * Models of others that do not fit into a request: the caller puts parts straight into the bucket, at the place that the
 * file will have among those of the model, and completing the upload creates the model.
 */
import { z } from 'zod';
import { blobKeys } from '../blob-keys.ts';
import { NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { InvalidUploadError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import {
  deleteStaged,
  markOfStaged,
  type SignedParts,
  STAGED_SECONDS,
  type Staged,
  signParts,
} from '../vault/staged.ts';

const modelUpload = z.object({
  /** The id that the model will have. */
  id: z.string(),
  account_id: z.string(),
  /** The bucket's id of it. */
  upload_id: z.string(),
  /** What the caller's file is called, and the model's. */
  file_name: z.string(),
  file: z.string(),
  file_size: z.int(),
  /** From then on it has expired. */
  until: z.string(),
});
export type ModelUpload = z.infer<typeof modelUpload>;
export type NewModelUpload = Omit<ModelUpload, 'upload_id' | 'until'>;

export const stagedImport = (of: Pick<ModelUpload, 'account_id' | 'id' | 'file'>): Staged => ({
  bucket: 'artifacts',
  prefix: blobKeys.modelPrefix(of.account_id, of.id),
  file: blobKeys.modelFile(of.account_id, of.id, of.file),
});

/** Starts it. Resolves with a presigned URL for each part. `now` in epoch milliseconds. */
export async function startModelUpload(
  table: Table,
  blobs: Blobs,
  wanted: NewModelUpload,
  now: number,
): Promise<SignedParts> {
  const staged = stagedImport(wanted);
  const upload_id = await blobs.startUpload(staged.file);
  const until = now + STAGED_SECONDS * 1000;
  const made = { ...wanted, upload_id, until: isoTime(until) };
  const signed = await signModelUpload(blobs, made, now);
  const item = { ...keys.modelUpload(wanted.account_id, wanted.id), ...made, expiresAt: epochSeconds(until) };
  await table.transact([markOfStaged(staged, now), { kind: 'put', item }]);
  return signed;
}

/** A new URL for each part, of those that were sent already too. Throws `NotFoundError` if the bucket has no such upload. */
export async function signModelUpload(blobs: Blobs, of: ModelUpload, now: number): Promise<SignedParts> {
  try {
    return await signParts(blobs, stagedImport(of), of, { until: Date.parse(of.until), now });
  } catch (error) {
    if (error instanceof InvalidUploadError) throw new NotFoundError(`Upload ${of.id} not found`);
    throw error;
  }
}

/** `undefined`: it was completed, has expired, or belongs to another account. */
export async function findModelUpload(
  table: Table,
  accountId: string,
  id: string,
  now: number,
): Promise<ModelUpload | undefined> {
  const item = await table.get(keys.modelUpload(accountId, id));
  const found = item && modelUpload.parse(item);
  return found && Date.parse(found.until) > now ? found : undefined;
}

/** Throws `NotFoundError`, also for one that was completed, has expired, or belongs to another account. */
export async function getModelUpload(table: Table, accountId: string, id: string, now: number): Promise<ModelUpload> {
  const found = await findModelUpload(table, accountId, id, now);
  if (!found) throw new NotFoundError(`Upload ${id} not found`);
  return found;
}

/** A write that ends the upload with the creation of its model. It fails where another completion has done so. */
export const endModelUpload = ({ account_id, id }: ModelUpload): Write => ({
  kind: 'delete',
  key: keys.modelUpload(account_id, id),
  condition: { kind: 'present' },
});

export async function abortModelUpload(table: Table, blobs: Blobs, of: ModelUpload): Promise<void> {
  const staged = stagedImport(of);
  try {
    await blobs.abortUpload(staged.file, of.upload_id);
  } catch (error) {
    // Its parts were joined, or an earlier call aborted it.
    if (!(error instanceof InvalidUploadError)) throw error;
  }
  await deleteStaged(table, blobs, staged);
  await table.delete(keys.modelUpload(of.account_id, of.id));
}
