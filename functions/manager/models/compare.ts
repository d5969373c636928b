import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { compareModels } from '#domain/vault/compare.ts';
import { ModelsNotFoundError } from '#domain/vault/errors.ts';
import { readNamedModels } from '#domain/vault/models.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';

const name = z.string().min(1).max(LIMITS.vault.name);

const body = z
  .strictObject({
    model_names: z
      .array(name)
      .min(1)
      .max(LIMITS.vault.comparedModels)
      .meta({ example: ['classifier_v2.1', 'classifier_v2.0'] }),
    comparison_metrics: z
      .array(name)
      .min(1)
      .max(LIMITS.vault.comparedModels)
      .optional()
      .meta({
        description: `Left out, those that one of them has, up to ${LIMITS.vault.metrics}`,
        example: ['accuracy', 'f1_score'],
      }),
  })
  .meta({ id: 'ModelComparisonRequest' });

const example = { accuracy: 0.96, size_mb: 15.6, training_time: 45.6 };

const answer = z
  .strictObject({
    comparison: z.record(z.string(), z.record(z.string(), z.number().nullable())).meta({
      description: 'null where a model does not have it',
      example: { 'classifier_v2.1': example },
    }),
    best_model: z.record(z.string(), z.string()).meta({ example: { by_accuracy: 'classifier_v2.1' } }),
    improvements: z.record(z.string(), z.number()).meta({
      description: 'By how much the best is better than the worst',
      example: { accuracy: 0.02 },
    }),
    assumed: z.array(z.string()).meta({
      description: 'An addition: metrics that are not known, of which higher is taken to be better',
    }),
  })
  .meta({ id: 'ModelComparison' });

export const compare = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/compare',
  summary: 'Compare models',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    200: {
      description: 'The metrics, and which model is the best by each',
      schema: answer,
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, body: given } = input;
    const models = await auditAccess(services, of, actorOf(input), { action: 'model_compare' }, async () => {
      const named = await readNamedModels(services.adapters.table, of, given.model_names);
      const found = named.map((model) => model.name);
      const missing = [...new Set(given.model_names)].filter((one) => !found.includes(one));
      if (missing.length > 0) throw new ModelsNotFoundError(of.id, missing, found);
      return named;
    });
    const compared: z.input<typeof answer> = compareModels(models, given.comparison_metrics);
    return { status: 200, body: compared };
  },
});
