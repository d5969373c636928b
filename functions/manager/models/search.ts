import { z } from 'zod';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { readNamedModels } from '#domain/vault/models.ts';
import { assumedOf, type MetricBound, SORTS, search as searchModels } from '#domain/vault/search.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { expectFits } from '../expect-fits.ts';
import { actorOf, listed, managerPath, pageOf, readManager, tags } from '../fields.ts';
import { metadata, showMetadata } from './fields.ts';

const text = z.string().min(1).max(200);
const MOST = 100;

/** Bounds have names that are made of those of metrics. */
const query = z
  .object({
    query: text.optional(),
    framework: text.optional(),
    algorithm: text.optional(),
    tags: text.optional().meta({ description: 'With commas between them: models that have all of them' }),
    sort_by: text
      .optional()
      .meta({ description: `A metric, size, training_time, or ${Object.keys(SORTS).join(', ')}` }),
    sort_order: z.enum(['asc', 'desc']).optional().meta({ description: 'Left out, the best first' }),
    limit: z.int().min(1).max(MOST).default(20),
    page: z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'An addition' }),
  })
  .catchall(z.string())
  .meta({ description: 'Also `min_METRIC` and `max_METRIC`, such as `min_accuracy=0.9`' });

export const search = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/search',
  summary: 'Search the models of a manager',
  description:
    'Words of `query` are looked for in names, descriptions, tags, frameworks and algorithms. Any metric can be bounded: `min_accuracy=0.9`, `max_mse=0.1`.',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, query },
  responses: {
    200: {
      description: 'The models, the most relevant first',
      schema: z
        .strictObject({
          models: z.array(
            z.strictObject({
              model_name: z.string().meta({ example: 'classifier_v2.1' }),
              relevance_score: z.number().min(0).max(1).meta({ example: 0.95 }),
              metadata,
              match_criteria: z.array(z.string()).meta({ example: ['framework', 'tags', 'accuracy'] }),
            }),
          ),
          total_results: z.int(),
          query_time: z.number().meta({ description: 'Seconds', example: 0.045 }),
          assumed: z.array(z.string()).meta({
            description:
              'An addition: `sort_by` if it is a metric that is not known, so that higher is taken to be better',
          }),
        })
        .meta({ id: 'ModelSearch' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, query: given } = input;
    const { table, now } = services.adapters;
    const { query, framework, algorithm, tags, sort_by, sort_order, limit, page, ...rest } = given;
    const bounds = boundsOf(rest);
    const began = now();
    const summaries = await auditAccess(services, of, actorOf(input), { action: 'model_search' }, () =>
      readSummaries(table, of),
    );
    const wanted = {
      ...{ query, framework, algorithm, tags: listed(tags) },
      ...{ bounds, sortBy: sort_by, order: sort_order },
    };
    const { matches, criteriaOf } = searchModels(summaries, wanted);
    const shown = pageOf(matches, { page, limit });
    const models = await readNamedModels(
      table,
      of,
      shown.map(({ summary }) => summary.name),
    );
    expectFits(models.map(showMetadata), 'models');
    const byName = new Map(models.map((model) => [model.name, model]));
    return {
      status: 200,
      body: {
        models: shown.flatMap((match) => {
          const { summary, relevance } = match;
          const model = byName.get(summary.name);
          if (!model) return [];
          return [
            {
              model_name: summary.name,
              relevance_score: Math.round(relevance * 1000) / 1000,
              metadata: showMetadata(model),
              match_criteria: criteriaOf(match),
            },
          ];
        }),
        total_results: matches.length,
        query_time: (now() - began) / 1000,
        assumed: assumedOf(wanted),
      },
    };
  },
});

/** As programs write numbers, such as `1e-05` and `0.30000000000000004`. */
const NUMBER = /^[+-]?\d{1,20}(?:\.\d{1,25})?(?:[eE][+-]?\d{1,2})?$/;

/** Throws `ValidationError` for what is neither a bound nor a known parameter. */
function boundsOf(given: Readonly<Record<string, string>>): MetricBound[] {
  const faults = new Faults();
  const bounds = new Map<string, { metric: string; min?: number; max?: number }>();
  for (const [name, value] of Object.entries(given)) {
    const side = name.startsWith('min_') ? 'min' : name.startsWith('max_') ? 'max' : undefined;
    const metric = name.slice(4);
    if (side === undefined || metric === '') {
      faults.add(name, 'is not a known field; bounds of metrics are min_METRIC and max_METRIC');
    } else if (!NUMBER.test(value)) {
      faults.add(name, `must be a number; got ${JSON.stringify(value.slice(0, 80))}`);
    } else {
      bounds.set(metric, { ...(bounds.get(metric) ?? { metric }), [side]: Number(value) });
    }
  }
  faults.throwIfAny();
  return [...bounds.values()];
}
