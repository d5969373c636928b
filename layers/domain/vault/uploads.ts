/**
 * Models and archives that do not fit into a request: the caller puts parts straight into the bucket, and completing the
 * upload saves the model, or adds the backup. The password of a model is needed at the start only: it wraps the model's
 * key then, and the platform's key holds that key until the completion.
 */
import { z } from 'zod';
import { isStagedInPlain } from '../blob-keys.ts';
import { partSize, partsOf } from '../datasets/uploads.ts';
import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import type { Blobs, BucketName, MessageFrames } from '../ports/blobs/port.ts';
import { BLOB_LIMITS } from '../ports/blobs/rules.ts';
import { InvalidUploadError } from '../ports/errors.ts';
import type { Item, Key, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import { type Metadata, storedModel } from './model.ts';
import {
  deleteStaged,
  markOfStaged,
  type SignedParts,
  STAGED_SECONDS,
  type Staged,
  signParts,
  stagedArchive,
  stagedModel,
} from './staged.ts';

const archiveUpload = z.object({
  id: z.string(),
  /** The bucket's id of it. */
  upload_id: z.string(),
  file_size: z.int(),
  /** Of each part but the last. Earlier versions had that of datasets, as archives have it. */
  part_size: z.int().optional(),
  /** From then on it has expired. Earlier versions left that to the table. */
  until: z.string().optional(),
});
export type ArchiveUpload = z.infer<typeof archiveUpload>;

const expiredUpload = archiveUpload.extend({ account_id: z.string(), vault: z.string(), manager_id: z.string() });

const vaultUpload = archiveUpload.extend({
  revision: z.string(),
  name: z.string(),
  metadata: z.string().transform((text) => JSON.parse(text) as Metadata),
  tags: z.array(z.string()),
  replace: z.boolean(),
  /** Missing where the manager stores plainly. */
  encryption: storedModel.shape.encryption,
  /** The model's key, wrapped by the platform's. */
  held_key: z.json().optional(),
  /** The platform's model whose files it is the archive of. */
  archive_of: storedModel.shape.archive_of,
});
export type VaultUpload = z.infer<typeof vaultUpload>;

/** The rest is decided here. */
type Wanted<T> = Omit<T, 'upload_id' | 'until' | 'part_size'>;
export type NewVaultUpload = Wanted<VaultUpload>;

const keyOfModel = (of: ManagerRef, id: string): Key => keys.vaultUpload(of.account_id, of.vault, id);
const keyOfArchive = (of: ManagerRef, id: string): Key => keys.vaultArchiveUpload(of.account_id, of.vault, id);

/**
 * Bytes of a part of a model: the fewest that S3 takes. A part is worked on once it is there, so that of small ones less is
 * left to do when all of them are. The largest model has 954.
 */
const MODEL_PART_BYTES = BLOB_LIMITS.minPartBytes;

/** Starts it, with writes of the same transaction, and with a message whose frames its parts may become. Resolves with a presigned URL for each part. `now` in epoch milliseconds. */
export function startVaultUpload(
  table: Table,
  blobs: Blobs,
  of: ManagerRef,
  wanted: NewVaultUpload,
  now: number,
  { also = [], message }: { readonly also?: readonly Write[]; readonly message?: MessageFrames | undefined } = {},
) {
  const record = { ...wanted, part_size: MODEL_PART_BYTES, metadata: JSON.stringify(wanted.metadata) };
  const [key, staged] = [keyOfModel(of, wanted.id), stagedModel(of, wanted.id)];
  return start(table, blobs, of, { key, staged, record, also, message }, now);
}

export function startArchiveUpload(
  table: Table,
  blobs: Blobs,
  of: ManagerRef,
  record: Wanted<ArchiveUpload>,
  now: number,
) {
  const [key, staged] = [keyOfArchive(of, record.id), stagedArchive(of, record.id)];
  return start(table, blobs, of, { key, staged, record, also: [] }, now);
}

interface Started {
  readonly key: Key;
  readonly staged: Staged;
  readonly record: Wanted<ArchiveUpload> & Pick<ArchiveUpload, 'part_size'>;
  readonly also: readonly Write[];
  readonly message?: MessageFrames | undefined;
}

/** The record outlives its time, for the schedule to abort the upload. */
const DAY_SECONDS = 86_400;

async function start(table: Table, blobs: Blobs, of: ManagerRef, started: Started, now: number) {
  const { key, staged, record, also, message } = started;
  const upload_id = await blobs.startUpload(staged.file, message && { message: messageOf(message, record) });
  const ends = now + STAGED_SECONDS * 1000;
  const signed = await signParts(blobs, staged, { ...record, upload_id }, { until: ends, now });
  const until = isoTime(ends);
  const { account_id, vault, id: manager_id } = of;
  const item = { ...record, upload_id, account_id, vault, manager_id, until };
  const index = { ipk: indexes.vaultUploads, isk: until, expiresAt: epochSeconds(now) + DAY_SECONDS };
  const put: Write = { kind: 'put', item: itemOf(key, { ...item, ...index }) };
  // Neither do the parts of a model outlive a loss of power.
  await table.transact([markOfStaged(staged, now), put, ...also], undefined, { relaxed: isStagedInPlain(staged.file) });
  return { ...signed, upload_id };
}

/** Parts of models are of whole frames: those of 1 MiB. */
const messageOf = (frames: MessageFrames, { file_size, part_size = partSize(file_size) }: Started['record']) => ({
  frames,
  parts: partsOf(file_size, part_size).length,
  partBytes: part_size,
});

type Signed = Pick<ArchiveUpload, 'id' | 'upload_id' | 'file_size' | 'part_size' | 'until'>;

/** New URLs for the parts, of those that were put already too. Throws `NotFoundError` if its parts were joined. */
export const signModelParts = (blobs: Blobs, of: ManagerRef, upload: Signed, now: number): Promise<SignedParts> =>
  signAgain(blobs, stagedModel(of, upload.id), upload, now);

export const signArchiveParts = (blobs: Blobs, of: ManagerRef, upload: Signed, now: number): Promise<SignedParts> =>
  signAgain(blobs, stagedArchive(of, upload.id), upload, now);

async function signAgain(blobs: Blobs, staged: Staged, upload: Signed, now: number): Promise<SignedParts> {
  const until = upload.until === undefined ? now + STAGED_SECONDS * 1000 : Date.parse(upload.until);
  try {
    return await signParts(blobs, staged, upload, { until, now });
  } catch (error) {
    if (error instanceof InvalidUploadError) throw uploadNotFound(upload.id);
    throw error;
  }
}

/** `undefined` also for one that has expired or was completed. */
export async function findVaultUpload(table: Table, of: ManagerRef, id: string, now: number) {
  const item = await table.get(keyOfModel(of, id));
  return current(vaultUpload, item?.completed === undefined ? item : undefined, now);
}

/** `undefined` also for one that has expired or was completed. */
export async function findArchiveUpload(table: Table, of: ManagerRef, id: string, now: number) {
  return current(archiveUpload, await table.get(keyOfArchive(of, id)), now);
}

function current<T extends ArchiveUpload>(schema: z.ZodType<T>, item: Item | undefined, now: number): T | undefined {
  const found = item && schema.parse(item);
  return found && (found.until === undefined || Date.parse(found.until) > now) ? found : undefined;
}

export const uploadNotFound = (id: string): NotFoundError => new NotFoundError(`Upload ${id} not found`);

/** A check that an upload was neither given up nor completed, for the transaction that adds its backup. */
export const expectArchiveUpload = (of: ManagerRef, id: string): Write => ({
  kind: 'check',
  key: keyOfArchive(of, id),
  condition: { kind: 'present' },
});

export const endArchiveUpload = (table: Table, of: ManagerRef, id: string): Promise<void> =>
  table.delete(keyOfArchive(of, id));

/** Aborts up to `limit` uploads that had expired at `now`: the parts that were put are deleted. */
export async function abortExpiredUploads(
  table: Table,
  blobs: Readonly<Record<BucketName, Blobs>>,
  now: number,
  limit: number,
): Promise<void> {
  const query = { index: 'byIndex', partition: indexes.vaultUploads, from: '0', to: isoTime(now), limit } as const;
  for (const item of (await table.query(query)).items) {
    const { id, upload_id, account_id, vault, manager_id } = expiredUpload.parse(item);
    const of = { account_id, vault, id: manager_id };
    const staged = item.sk === keyOfModel(of, id).sk ? stagedModel(of, id) : stagedArchive(of, id);
    try {
      await blobs[staged.bucket].abortUpload(staged.file, upload_id);
    } catch (error) {
      // Its parts were joined, or an earlier run aborted it.
      if (!(error instanceof InvalidUploadError)) throw error;
    }
    await deleteStaged(table, blobs[staged.bucket], staged);
    await table.delete({ pk: item.pk, sk: item.sk });
  }
}
