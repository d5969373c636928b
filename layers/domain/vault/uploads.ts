/**
 * Models that do not fit into a request: the client puts parts straight into the bucket, in plain, and completing the
 * upload encrypts them and deletes what was staged. The password is needed at the start only: it wraps the model's key
 * then, and the platform's key holds that key until the completion.
 */
import { z } from 'zod';
import { partSize, partsOf } from '../datasets/uploads.ts';
import { NotFoundError, ValidationError } from '../errors.ts';
import { blobKeys, keys } from '../keys.ts';
import { markOrphaned } from '../orphans.ts';
import type { Blobs, UploadPart } from '../ports/blobs/port.ts';
import { InvalidUploadError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import { type Metadata, storedModel } from './model.ts';

/** How long an upload may take, and plain bytes stay in the bucket. */
export const STAGED_SECONDS = 3600;

export const vaultUpload = z.object({
  id: z.string(),
  /** The bucket's id of it. */
  upload_id: z.string(),
  file_size: z.int(),
  revision: z.string(),
  name: z.string(),
  metadata: z.string().transform((text) => JSON.parse(text) as Metadata),
  tags: z.array(z.string()),
  replace: z.boolean(),
  /** Missing where the manager stores plainly. */
  encryption: storedModel.shape.encryption,
  /** The model's key, wrapped by the platform's. */
  held_key: z.json().optional(),
});
export type VaultUpload = z.infer<typeof vaultUpload>;

const prefixOf = (of: ManagerRef, id: string) => blobKeys.vaultStagedPrefix(of.account_id, of.vault, id);
export const stagedFile = (of: ManagerRef, id: string) => blobKeys.vaultStaged(of.account_id, of.vault, id);

/** Starts it. Resolves with a presigned URL for each part. `now` in epoch milliseconds. */
export async function startVaultUpload(
  table: Table,
  blobs: Blobs,
  of: ManagerRef,
  wanted: Omit<VaultUpload, 'upload_id'>,
  now: number,
) {
  const file = stagedFile(of, wanted.id);
  const uploadId = await blobs.startUpload(file);
  const urls = await blobs.presignParts(file, uploadId, partsOf(wanted.file_size), STAGED_SECONDS);
  const record = { ...wanted, upload_id: uploadId, metadata: JSON.stringify(wanted.metadata) };
  const expiresAt = epochSeconds(now) + STAGED_SECONDS;
  await table.transact([
    markOrphaned('artifacts', prefixOf(of, wanted.id), now + STAGED_SECONDS * 1000),
    { kind: 'put', item: itemOf(keys.vaultUpload(of.account_id, of.vault, wanted.id), { ...record, expiresAt }) },
  ]);
  return {
    partSize: partSize(wanted.file_size),
    parts: urls.map((url, index) => ({ part: index + 1, url })),
  };
}

/** Throws `NotFoundError`, also for one that has expired. */
export async function getVaultUpload(table: Table, of: ManagerRef, id: string): Promise<VaultUpload> {
  const item = await table.get(keys.vaultUpload(of.account_id, of.vault, id));
  if (!item) throw new NotFoundError(`Upload ${id} not found`);
  return vaultUpload.parse(item);
}

/** Joins the parts to the staged file. Done again, it finds the file. Throws `ValidationError`. */
export async function joinParts(
  blobs: Blobs,
  of: ManagerRef,
  upload: VaultUpload,
  parts: readonly UploadPart[],
): Promise<void> {
  const file = stagedFile(of, upload.id);
  const info = (await blobs.head(file)) ?? (await join(blobs, file, upload, parts));
  if (info.size === upload.file_size) return;
  await blobs.delete(file);
  throw ValidationError.of(
    'file_size',
    `must be the ${upload.file_size} bytes announced; got ${info.size}; start again`,
  );
}

async function join(blobs: Blobs, file: string, upload: VaultUpload, parts: readonly UploadPart[]) {
  try {
    return await blobs.completeUpload(file, upload.upload_id, parts);
  } catch (error) {
    if (!(error instanceof InvalidUploadError)) throw error;
    throw ValidationError.of('parts', error.message);
  }
}

/** Marks the staged file, for a download of so many seconds. */
export const markStaged = (table: Table, of: ManagerRef, id: string, now: number): Promise<void> =>
  table.transact([markOrphaned('artifacts', prefixOf(of, id), now + STAGED_SECONDS * 1000)]);
