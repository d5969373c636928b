import { z } from 'zod';
import { IMPORT_RESULTS, importEntries } from '#domain/catalog/import.ts';
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { showValue } from '#functions/http/validation/show.ts';
import { envelope, success } from '../envelope.ts';
import { common } from './common.ts';
import { authorOf, newModelFields, operatorId } from './fields.ts';
import { signedBy } from './signed.ts';

const { transferred } = LIMITS.catalog;

const body = z
  .strictObject({
    items: z
      .array(z.strictObject(newModelFields).meta({ id: 'ImportedModel' }))
      .min(1)
      .max(transferred),
    existing: z
      .enum(['skip', 'update'])
      .default('skip')
      .meta({ description: 'What happens to a model whose `model_id` is there: nothing, or an update' }),
    operatorId,
  })
  .meta({ id: 'ImportModels' });

const answer = envelope(
  z.strictObject({
    items: z.array(
      z.strictObject({
        model_id: z.string().meta({ example: 'claude-3-opus' }),
        id: z.int().nullable().meta({ example: 2 }),
        result: z.enum(IMPORT_RESULTS).meta({ description: '`failed`: somebody else changed it meanwhile' }),
        error: z.string().nullable().meta({ description: 'Why it failed', example: null }),
      }),
    ),
  }),
);

export const importModels = route({
  ...common,
  path: '/api/v1/models/import',
  summary: 'Import models',
  description:
    `An addition. Up to ${transferred}, in the order given. If one is invalid, nothing is imported; otherwise each has ` +
    'a result of its own. An import that was interrupted can be repeated: it goes on where it was.',
  scope: 'train',
  idempotent: true,
  request: { body: json(body) },
  responses: { 200: { description: 'What became of each', schema: answer } },
  async handler({ caller, body: { items, existing, operatorId: said } }, services) {
    const { table } = services.adapters;
    expectDifferent(items);
    const signed = signedBy(authorOf(caller, said), services);
    const imported = await importEntries(table, caller.accountId, items, existing, signed);
    return { status: 200, body: success({ items: imported }) };
  },
});

/** Throws `ValidationError`. */
function expectDifferent(items: readonly { readonly model_id: string }[]): void {
  const faults = new Faults();
  const first = new Map<string, number>();
  for (const [index, { model_id }] of items.entries()) {
    const key = model_id.normalize('NFC');
    const other = first.get(key);
    if (other === undefined) first.set(key, index);
    else
      faults.add(
        `items[${index}].model_id`,
        `must be different from that of items[${other}]; got ${showValue(model_id)}`,
      );
  }
  faults.throwIfAny();
}
