import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { annotateModel } from '#domain/models/annotations.ts';
import { getModel } from '#domain/models/read.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { line, paragraph } from '../fields.ts';
import { detailOf } from './detail.ts';
import { modelDetail, modelPath } from './fields.ts';

const { count, name, value } = LIMITS.tags;
const { days } = LIMITS.predictionLog;

const body = z
  .strictObject({
    tags: z
      .record(line(name), z.string().max(value).nullable())
      .optional()
      .meta({
        description: `Merged into the tags that there are: null removes one. At most ${count} tags`,
        example: { team: 'search', draft: null },
      }),
    notes: paragraph(LIMITS.notes.max).optional(),
    log_days: z.int().min(days.min).max(days.max).nullable().optional().meta({
      description:
        'For how many days inputs and answers of its predictions are logged, for feedback and drift; null, which is the default: they are not',
      example: days.default,
    }),
  })
  .meta({ id: 'ModelChange' });

export const change = route({
  method: 'PATCH',
  path: '/models/{model_id}',
  summary: 'Change tags and notes of a model, and whether its predictions are logged',
  description: 'An addition to the document. What is left out stays as it is.',
  tags: ['Registry'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: modelPath, body: json(body, { tags: { team: 'search' }, notes: 'Trained on the spring data.' }) },
  responses: { 200: { description: 'The model as it is now', schema: modelDetail } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: { account_id, id }, body: { log_days: logDays, ...body } }, services) {
    const changed = await annotateModel(services.adapters.table, account_id, id, { ...body, logDays });
    return { status: 200, body: await detailOf(services, changed) };
  },
});
