import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { rotateSecret } from '#domain/webhooks/change.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import { newSecret, sealSecret } from '#domain/webhooks/secret.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id, time } from '../fields.ts';
import { secretAnswer, secretField, webhookPath } from './fields.ts';

const { overlapSeconds } = LIMITS.webhooks;

const body = z
  .strictObject({
    secret: secretField.optional(),
    overlap_seconds: z.int().min(0).max(overlapSeconds.max).default(overlapSeconds.default).meta({
      description: 'For so long the secrets before it sign too, beside the new one; 0 where one has leaked',
    }),
  })
  .meta({ id: 'SecretRotation' });

const answer = z
  .strictObject({
    id,
    secret: secretAnswer,
    previous_secret_expires_at: time.meta({ description: 'Until then the secrets before it sign too' }),
  })
  .meta({ id: 'RotatedSecret' });

export const rotate = route({
  method: 'POST',
  path: '/webhooks/{webhook_id}/rotate-secret',
  summary: 'Replace the secret of the signatures',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  idempotent: true,
  confidential: true,
  request: { path: webhookPath, body: optionalJson(body) },
  responses: { 200: { description: 'The new secret', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getWebhook(adapters.table, caller.accountId, path.webhook_id),
  async handler({ resource: found, body: { secret = newSecret(), overlap_seconds } }, { adapters }) {
    const { table, keys, now } = adapters;
    const at = now();
    const expiresAt = isoTime(at + overlap_seconds * 1000);
    const sealed = await sealSecret(keys, found, secret);
    const { id } = await rotateSecret(table, found, sealed, { now: isoTime(at), expiresAt });
    return { status: 200, body: { id, secret, previous_secret_expires_at: expiresAt } };
  },
});
