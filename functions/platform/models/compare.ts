import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { isId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { compareModels } from '#domain/models/compare.ts';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { anyJson } from '../fields.ts';
import { modelSummary, showSummary } from './fields.ts';

const { min, max } = LIMITS.comparedModels;

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

const query = z.strictObject({
  ids: z.string().meta({
    description: `${min} to ${max} ids of different models, separated by commas`,
    example: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55,019a0c9b-90aa-7d21-8e0c-6a1f3b5c7d9e',
    override: { pattern: `^${UUID}(?:,${UUID}){${min - 1},${max - 1}}$` },
  }),
});

const row = z
  .strictObject({
    name: z.string(),
    values: z.array(anyJson).meta({ description: 'In the order of the models; null where one does not have it' }),
    differs: z.boolean(),
  })
  .meta({ id: 'ComparedRow', example: { name: 'learning_rate', values: [0.01, 0.001], differs: true } });

const answer = z
  .strictObject({
    models: z.array(modelSummary.extend({ version: z.string() }).meta({ id: 'ComparedModel' })),
    parameters: z.array(row),
    metrics: z.array(row),
    tags: z.array(row),
    data: z.array(row),
  })
  .meta({ id: 'ModelComparison' });

export const compare = route({
  method: 'GET',
  path: '/models/compare',
  summary: 'Compare models',
  description: 'An addition to the document: parameters, metrics, tags and data side by side.',
  tags: ['Registry'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One row a property, with what differs marked', schema: answer } },
  errors: [404],
  async handler({ caller, query }, { adapters }) {
    const ids = parseIds(query.ids);
    const models = await Promise.all(ids.map((one) => getModel(adapters.table, caller.accountId, one)));
    const shown = models.map((model) => ({ ...showSummary(model), version: model.version }));
    return { status: 200, body: { models: shown, ...compareModels(models) } };
  },
});

/** Throws `ValidationError`. */
function parseIds(text: string): string[] {
  const ids = [...new Set(text.split(',', max + 2))];
  const wrong = ids.find((one) => !isId(one));
  if (wrong !== undefined) throw ValidationError.of('ids', `must be ids of models; got ${JSON.stringify(wrong)}`);
  if (ids.length < min || ids.length > max) {
    throw ValidationError.of('ids', `must name ${min} to ${max} different models; got ${ids.length}`);
  }
  return ids;
}
