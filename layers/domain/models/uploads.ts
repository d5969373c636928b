/**
 * Models of others that do not fit into a request: the caller puts parts straight into the bucket, at the place that the
 * file will have among those of the model, and completing the upload creates the model.
 */
import { z } from 'zod';
import { NotFoundError } from '../errors.ts';
import { blobKeys, keys } from '../keys.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { InvalidUploadError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { deleteStaged, markOfStaged, STAGED_SECONDS, type Staged, startParts } from '../vault/staged.ts';

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
export async function startModelUpload(table: Table, blobs: Blobs, wanted: NewModelUpload, now: number) {
  const staged = stagedImport(wanted);
  const { uploadId: upload_id, ...started } = await startParts(blobs, staged, wanted.file_size);
  const until = now + STAGED_SECONDS * 1000;
  const item = { ...wanted, upload_id, until: isoTime(until), expiresAt: epochSeconds(until) };
  await table.transact([
    markOfStaged(staged, now),
    { kind: 'put', item: { ...keys.modelUpload(wanted.account_id, wanted.id), ...item } },
  ]);
  return started;
}

/** Throws `NotFoundError`, also for one that was completed, has expired, or belongs to another account. */
export async function getModelUpload(table: Table, accountId: string, id: string, now: number): Promise<ModelUpload> {
  const item = await table.get(keys.modelUpload(accountId, id));
  const found = item && modelUpload.parse(item);
  if (!found || Date.parse(found.until) <= now) throw new NotFoundError(`Upload ${id} not found`);
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
