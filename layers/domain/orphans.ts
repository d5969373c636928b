/**
 * Files and records cannot change in one step, so a note of what may be left over is written before files come into
 * being or their record goes away, and taken back (or carried out) after. The sweep carries out what a crash left.
 *
 *     note ── put file ── write record + drop note        upload
 *     drop record + note ── delete files ── drop note     deletion
 */
import { z } from 'zod';
import { indexes, keys } from './keys.ts';
import type { Blobs, BucketName } from './ports/blobs/port.ts';
import { BUCKETS } from './ports/blobs/port.ts';
import type { Table, Write } from './ports/table/port.ts';
import { isoTime } from './times.ts';

const note = z.object({ bucket: z.enum(BUCKETS), prefix: z.string() });

/** A write that notes that everything under `prefix` is to be deleted from `due` (epoch milliseconds) on. */
export function markOrphaned(bucket: BucketName, prefix: string, due: number): Write {
  return {
    kind: 'put',
    item: { ...keys.orphans(bucket, prefix), bucket, prefix, ipk: indexes.orphans, isk: isoTime(due) },
  };
}

/** A write that takes the note back: the files have an owner. It fails if the note was carried out in the meantime. */
export function clearOrphanMark(bucket: BucketName, prefix: string): Write {
  return { kind: 'delete', key: keys.orphans(bucket, prefix), condition: { kind: 'present' } };
}

/** Deletes the files under the prefix, then the note. */
export async function deleteOrphans(table: Table, blobs: Blobs, bucket: BucketName, prefix: string): Promise<void> {
  for (;;) {
    const { blobs: found } = await blobs.list(prefix, { limit: 1000 });
    if (found.length === 0) break;
    await Promise.all(found.map((blob) => blobs.delete(blob.key)));
  }
  await table.delete(keys.orphans(bucket, prefix));
}

/** The notes that are due at `now` (epoch milliseconds), the oldest first. */
export async function dueOrphans(table: Table, now: number, limit: number) {
  const page = await table.query({ index: 'byIndex', partition: indexes.orphans, from: '0', to: isoTime(now), limit });
  return page.items.map((item) => note.parse(item));
}
