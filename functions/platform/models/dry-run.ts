import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { aliasesOf } from '#domain/models/aliases.ts';
import { blockers } from '#domain/models/change.ts';
import type { Model } from '#domain/models/record.ts';
import type { Services } from '#functions/http/route.ts';
import { id } from '../fields.ts';

/** The query of a deletion. */
export const deletionQuery = z.strictObject({
  dry_run: z.enum(['true', 'false']).default('false').meta({ description: 'An addition: only say what would go' }),
});

/** What would go. */
export const deletionAnswer = z
  .strictObject({
    model: z.strictObject({ id, number: z.int(), name: z.string(), version: z.string() }),
    files: z.array(z.strictObject({ file: z.string(), size: z.int() })),
    bytes: z.int().meta({ description: 'Of all files together' }),
    aliases: z.array(z.string()).meta({ description: 'Those that point to it' }),
    deletable: z.boolean(),
    reasons: z.array(z.string()).meta({ description: 'Why it cannot be deleted; empty where it can be' }),
  })
  .meta({ id: 'ModelDeletion' });

/** A model has a handful of files. */
const FILES = 1000;

export async function whatWouldGo(of: Model, { adapters }: Services): Promise<z.input<typeof deletionAnswer>> {
  const prefix = blobKeys.modelPrefix(of.account_id, of.id);
  const [{ blobs }, aliases, reasons] = await Promise.all([
    adapters.blobs.artifacts.list(prefix, { limit: FILES }),
    aliasesOf(adapters.table, of),
    blockers(adapters.table, of),
  ]);
  const files = blobs.map(({ key, size }) => ({ file: key.slice(prefix.length), size }));
  return {
    model: { id: of.id, number: of.number, name: of.name, version: of.version },
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    aliases,
    deletable: reasons.length === 0,
    reasons,
  };
}
