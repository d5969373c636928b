import { z } from 'zod';
import { blobKeys } from '#domain/keys.ts';
import { aliasesOf } from '#domain/models/aliases.ts';
import { blockers } from '#domain/models/change.ts';
import { getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { route, type Services } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { modelPath } from './fields.ts';
import { removeModel } from './removal.ts';

const query = z.strictObject({
  dry_run: z.enum(['true', 'false']).default('false').meta({ description: 'An addition: only say what would go' }),
});

const answer = z
  .strictObject({
    model: z.strictObject({ id, number: z.int(), name: z.string(), version: z.string() }),
    files: z.array(z.strictObject({ file: z.string(), size: z.int() })),
    bytes: z.int().meta({ description: 'Of all files together' }),
    aliases: z.array(z.string()).meta({ description: 'Those that point to it' }),
    deletable: z.boolean(),
    reasons: z.array(z.string()).meta({ description: 'Why it cannot be deleted; empty where it can be' }),
  })
  .meta({ id: 'ModelDeletion' });

export const remove = route({
  method: 'DELETE',
  path: '/models/{model_id}',
  summary: 'Delete a trained model',
  tags: ['Models'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: modelPath, query },
  responses: {
    200: { description: 'What would be deleted, with `dry_run`', schema: answer },
    204: { description: 'Deleted' },
  },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query: { dry_run } }, services) {
    if (dry_run === 'true') return { status: 200, body: await whatWouldGo(model, services) };
    await removeModel(model, services);
    return { status: 204 };
  },
});

/** A model has a handful of files. */
const FILES = 1000;

async function whatWouldGo(of: Model, { adapters }: Services): Promise<z.input<typeof answer>> {
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
