import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { directionOf } from '#domain/vault/metrics.ts';
import { metricOf, search } from '#domain/vault/search.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, pageOf, paging, readManager, tags } from '../fields.ts';

const query = z.strictObject({
  metric: z.string().min(1).max(LIMITS.vault.name).optional().meta({
    description: 'Left out, the `primary_metric` of the manager',
    example: 'f1_score',
  }),
  limit: z.int().min(1).max(LIMITS.pageSize).default(5),
  page: paging.page,
});

export const best = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/best',
  summary: 'List the best models by a metric',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, query },
  responses: {
    200: {
      description: 'The best first; of `mse`, `loss` and the like the lowest',
      schema: z
        .strictObject({
          best_models: z.array(
            z
              .object({ model_name: z.string(), rank: z.int() })
              .catchall(z.number())
              .meta({ example: { model_name: 'classifier_v2.1', f1_score: 0.945, rank: 1 } }),
          ),
          metric: z.string().meta({ example: 'f1_score' }),
          total_models: z.int().meta({ description: 'Of those that have the metric' }),
          assumed: z.array(z.string()).meta({
            description: 'An addition: the metric if it is not known, so that higher is taken to be better',
          }),
        })
        .meta({ id: 'BestModels' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, query: given } = input;
    const summaries = await auditAccess(services, of, actorOf(input), { action: 'model_search' }, () =>
      readSummaries(services.adapters.table, of),
    );
    const metric = given.metric ?? of.config.primary_metric;
    const order = directionOf(metric).better === 'higher' ? 'desc' : 'asc';
    const { matches } = search(summaries, { sortBy: metric, order });
    const ranked = matches.flatMap(({ summary }) => {
      const value = metricOf(summary, metric);
      return value === undefined ? [] : [{ name: summary.name, value }];
    });
    const before = (given.page - 1) * given.limit;
    const shown = pageOf(ranked, given).map(({ name, value }, at) =>
      Object.assign({ [metric]: value }, { model_name: name, rank: before + at + 1 }),
    );
    return {
      status: 200,
      body: {
        best_models: shown,
        metric,
        total_models: ranked.length,
        assumed: directionOf(metric).assumed ? [metric] : [],
      },
    };
  },
});
