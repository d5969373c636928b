import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import type { VersionItem } from '#domain/models/lookups.ts';
import { latestVersion, listVersions } from '#domain/models/names.ts';
import { InvalidCursorError } from '#domain/ports/errors.ts';
import { route } from '#functions/http/route.ts';
import { id, limit, time } from '../fields.ts';
import { namePath } from './fields.ts';

/** The key of a version in the table has its name, of which each character may be four bytes. */
const CURSOR_CHARACTERS = 4096;

const query = z.strictObject({
  limit,
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_CHARACTERS)
    .optional()
    .meta({ description: 'The `next_cursor` of the page before' }),
  metric: z.string().min(1).max(100).optional().meta({ description: 'Show only this one', example: 'val_accuracy' }),
});

const version = z
  .strictObject({
    model_id: id,
    number: z.int(),
    version: z.string().meta({ example: '1.1.0' }),
    version_reason: z.string().nullable().meta({ example: 'patch: retrained' }),
    model_type: z.string(),
    created_at: time,
    metrics: z.record(z.string(), z.number().nullable()).meta({
      description: 'All of them, or the one that was asked for, which is null where a version does not have it',
      example: { val_accuracy: 0.91 },
    }),
  })
  .meta({ id: 'ModelVersion' });

const answer = z
  .strictObject({
    name: z.string(),
    versions: z.array(version).meta({ description: 'The highest version first' }),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ModelVersions' });

export const versions = route({
  method: 'GET',
  path: '/models/by-name/{name}/versions',
  summary: 'List the versions of a name, or one metric over all of them',
  description: 'An addition to the document.',
  tags: ['Registry'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: namePath, query },
  responses: { 200: { description: 'One page', schema: answer } },
  resource: ({ caller, path: { name } }, { adapters }) => latestVersion(adapters.table, caller.accountId, name),
  async handler({ caller, path: { name }, query: { metric, ...page } }, { adapters }) {
    const found = await asked(listVersions(adapters.table, caller.accountId, name, page));
    const shown = found.versions.map((one) => show(one, metric));
    return { status: 200, body: { name, versions: shown, next_cursor: found.cursor ?? null } };
  },
});

async function asked<T>(listing: Promise<T>): Promise<T> {
  try {
    return await listing;
  } catch (error) {
    if (!(error instanceof InvalidCursorError)) throw error;
    throw ValidationError.of('cursor', 'must be the next_cursor of the page before, of the same name');
  }
}

const show = ({ version_reason, metrics, job_id: _, ...rest }: VersionItem, metric: string | undefined) => ({
  ...rest,
  version_reason: version_reason ?? null,
  metrics: metric === undefined ? metrics : { [metric]: Object.hasOwn(metrics, metric) ? metrics[metric]! : null },
});
