/**
 * Files and records cannot change in one step. So files are marked as orphaned before they are written, and in the
 * transaction that deletes their record; the mark is cleared once they have a record or are deleted. The sweep deletes
 * the files of marks that a crash left.
 *
 *     mark ── put file ── write record + clear mark          upload
 *     delete record + mark ── delete files ── clear mark     deletion
 */
import { z } from 'zod';
import { indexes, keys } from './keys.ts';
import type { Blobs, BucketName } from './ports/blobs/port.ts';
import { BUCKETS } from './ports/blobs/port.ts';
import { ConditionFailedError } from './ports/errors.ts';
import type { Table, Write } from './ports/table/port.ts';
import { isoTime } from './times.ts';

const orphanMark = z.object({
  bucket: z.enum(BUCKETS),
  prefix: z.string(),
  /** What its files count until they are deleted, in the record of their manager of the vault. */
  counted_bytes: z.int().optional(),
  counted_by: z.object({ account_id: z.string(), id: z.string(), vault: z.string() }).optional(),
});
export type OrphanMark = z.infer<typeof orphanMark>;

/** A write that marks everything under `prefix` as orphaned, to be deleted from `due` (epoch milliseconds) on. */
export function markOrphaned(bucket: BucketName, prefix: string, due: number): Write {
  return {
    kind: 'put',
    item: { ...keys.orphans(bucket, prefix), bucket, prefix, ipk: indexes.orphans, isk: isoTime(due) },
  };
}

/** The same of files that count until then. Whoever marks them anew subtracts what they count in the same transaction. */
export function markOfCounted(
  bucket: BucketName,
  prefix: string,
  due: number,
  counted: Required<Pick<OrphanMark, 'counted_bytes' | 'counted_by'>>,
): Write {
  return {
    kind: 'put',
    item: { ...keys.orphans(bucket, prefix), bucket, prefix, ...counted, ipk: indexes.orphans, isk: isoTime(due) },
  };
}

/** A write that clears the mark, because the files have a record now. It fails if they were deleted in the meantime. */
export function clearOrphanMark(bucket: BucketName, prefix: string): Write {
  return { kind: 'delete', key: keys.orphans(bucket, prefix), condition: { kind: 'present' } };
}

/** They are due later. Whether they were still marked. */
export async function renewOrphanMark(table: Table, bucket: BucketName, prefix: string, due: number): Promise<boolean> {
  try {
    await table.update(keys.orphans(bucket, prefix), { set: { isk: isoTime(due) } }, { kind: 'present' });
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

/** Deletes the files under the prefix, then the mark. Where a loss of power brings that back, the sweep deletes nothing. */
export async function deleteOrphans(table: Table, blobs: Blobs, bucket: BucketName, prefix: string): Promise<void> {
  for (;;) {
    const { blobs: found } = await blobs.list(prefix, { limit: 1000 });
    if (found.length === 0) break;
    await Promise.all(found.map((blob) => blobs.delete(blob.key)));
  }
  await table.delete(keys.orphans(bucket, prefix), undefined, { relaxed: true });
}

/**
 * Deletes the files unless they have a record: a write that seems to have failed may have succeeded, and it cleared the
 * mark then.
 */
export async function deleteAbandoned(table: Table, blobs: Blobs, bucket: BucketName, prefix: string): Promise<void> {
  if (await table.get(keys.orphans(bucket, prefix))) await deleteOrphans(table, blobs, bucket, prefix);
}

/** The marks that are due at `now` (epoch milliseconds), oldest first. */
export async function dueOrphans(table: Table, now: number, limit: number) {
  const page = await table.query({ index: 'byIndex', partition: indexes.orphans, from: '0', to: isoTime(now), limit });
  return page.items.map((item) => orphanMark.parse(item));
}
