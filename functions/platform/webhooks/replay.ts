import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { type ReplayMessage, send } from '#domain/messages.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id, time } from '../fields.ts';
import { getEnabled } from './enabled.ts';
import { webhookPath } from './fields.ts';

const body = z
  .strictObject({
    from: time.meta({ description: 'Events that happened from then on …' }),
    to: time.optional().meta({ description: '… until then, both included. Default: now' }),
  })
  .meta({ id: 'WebhookReplay' });

const answer = z.strictObject({ webhook_id: id, from: time, to: time }).meta({ id: 'WebhookReplayStarted' });

const RETENTION_DAYS = LIMITS.webhooks.retentionSeconds / 86_400;

export const replay = route({
  method: 'POST',
  path: '/webhooks/{webhook_id}/replay',
  summary: 'Deliver again what happened in a range of time',
  description: `The events of the range that the webhook's events and filter mean now, those that it missed while it was disabled included. Events are stored for ${RETENTION_DAYS} days, from the account's first webhook on.`,
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  idempotent: true,
  request: { path: webhookPath, body: json(body) },
  responses: { 202: { description: 'The replay has begun', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getEnabled(adapters.table, caller.accountId, path.webhook_id),
  async handler({ caller, resource: webhook, body: range }, { adapters }) {
    const { queues, now } = adapters;
    const from = isoTime(Date.parse(range.from));
    const to = isoTime(range.to === undefined ? now() : Date.parse(range.to));
    if (from > to) throw ValidationError.of('from', `must not be after to, ${to}; got ${from}`);
    const message: ReplayMessage = {
      kind: 'replay',
      account_id: caller.accountId,
      webhook_id: webhook.id,
      from,
      to,
    };
    await send(queues.webhooks, message);
    return { status: 202, body: { webhook_id: webhook.id, from, to } };
  },
});
