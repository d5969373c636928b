import { z } from 'zod';
import { readAccesses, readOperations } from '#domain/vault/accesses.ts';
import { megabytes } from '#domain/vault/model.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, sizeMb, tags, time } from '../fields.ts';

const seconds = z.number().nullable().meta({ description: 'Seconds; null before the first one', example: 0.234 });

const answer = z
  .strictObject({
    storage_stats: z.strictObject({
      total_models: z.int(),
      total_size_mb: sizeMb,
      average_model_size_mb: sizeMb,
      encrypted_models: z.int(),
      compressed_models: z.int(),
      encryption_enabled: z.boolean().meta({ description: 'An addition: false where models are stored plainly' }),
    }),
    access_stats: z.strictObject({
      total_accesses: z.int(),
      unique_models_accessed: z.int(),
      most_accessed_model: z.string().nullable().meta({ example: 'classifier_v2.1' }),
      last_access: time.nullable(),
    }),
    performance_stats: z.strictObject({
      average_save_time: seconds,
      average_load_time: seconds,
      cache_hit_rate: z.number().min(0).max(1).nullable().meta({
        description: 'Loads that found the stored file in memory; null before the first one',
        example: 0.85,
      }),
    }),
  })
  .meta({ id: 'ManagerStats' });

export const stats = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/stats',
  summary: 'Get the statistics of a manager',
  tags: tags.monitoring,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath },
  responses: { 200: { description: 'As measured', schema: answer } },
  resource: readManager,
  async handler(input, services) {
    const { resource: of } = input;
    const { table } = services.adapters;
    const [accesses, done] = await auditAccess(services, of, actorOf(input), { action: 'manager_stats' }, () =>
      Promise.all([readAccesses(table, of), readOperations(table, of)]),
    );
    const most = accesses.toSorted((a, b) => b.count - a.count)[0];
    const last = accesses.toSorted((a, b) => (a.last_accessed < b.last_accessed ? 1 : -1))[0];
    return {
      status: 200,
      body: {
        storage_stats: {
          total_models: of.models,
          total_size_mb: megabytes(of.bytes),
          average_model_size_mb: of.models === 0 ? 0 : megabytes(of.bytes / of.models),
          encrypted_models: of.encrypted,
          compressed_models: of.compressed,
          encryption_enabled: of.config.enable_encryption,
        },
        access_stats: {
          total_accesses: accesses.reduce((sum, { count }) => sum + count, 0),
          unique_models_accessed: accesses.length,
          most_accessed_model: most?.name ?? null,
          last_access: last?.last_accessed ?? null,
        },
        performance_stats: {
          average_save_time: ratio(done.save_microseconds / MICROSECONDS, done.saves),
          average_load_time: ratio(done.load_microseconds / MICROSECONDS, done.loads),
          cache_hit_rate: ratio(done.cache_hits, done.cache_hits + done.cache_misses),
        },
      },
    };
  },
});

const MICROSECONDS = 1_000_000;

const ratio = (of: number, count: number): number | null => (count === 0 ? null : Number((of / count).toPrecision(6)));
