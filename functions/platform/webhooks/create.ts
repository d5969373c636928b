import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { createWebhook } from '#domain/webhooks/change.ts';
import type { Webhook } from '#domain/webhooks/record.ts';
import { newSecret, sealSecret } from '#domain/webhooks/secret.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { answerOf, checkWebhook, secretAnswer, secretField, webhookAnswer, webhookFields } from './fields.ts';

const { url, events, filter, description } = webhookFields;

const body = z
  .strictObject({
    url,
    events,
    secret: secretField.optional(),
    filter: filter.optional(),
    description: description.default(''),
  })
  .meta({ id: 'NewWebhook' });

const answer = webhookAnswer.extend({ secret: secretAnswer }).meta({ id: 'CreatedWebhook' });

export const create = route({
  method: 'POST',
  path: '/webhooks',
  summary: 'Have events posted to a URL',
  description: `An addition. Deliveries are signed as [Standard Webhooks](https://www.standardwebhooks.com) says. At most ${LIMITS.webhooks.count} webhooks an account.`,
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  idempotent: true,
  confidential: true,
  request: { body: json(body) },
  responses: { 201: { description: 'Created', schema: answer } },
  errors: [409],
  async handler({ caller, body: { secret = newSecret(), ...given } }, services) {
    checkWebhook(given, services.settings);
    const { table, keys, now } = services.adapters;
    const at = isoTime(now());
    const owner = { account_id: caller.accountId, id: newId(now()) };
    const created: Webhook = {
      ...owner,
      url: given.url,
      events: given.events,
      ...(given.filter === undefined ? {} : { filter: given.filter }),
      description: given.description,
      enabled: true,
      secrets: [{ sealed: await sealSecret(keys, owner, secret), created_at: at }],
      rotations: 0,
      created_at: at,
      updated_at: at,
    };
    await createWebhook(table, created, services.settings.webhooks);
    return { status: 201, body: { ...answerOf(created, true), secret } };
  },
});
