import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { EVENT_TYPES } from '#domain/events/types.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { DELIVERY_STATUSES, type Delivery } from '#domain/webhooks/delivery.ts';
import { FILTER_PATTERN, parseFilter } from '#domain/webhooks/filter.ts';
import { isPattern, PATTERNS } from '#domain/webhooks/patterns.ts';
import { readableSecrets } from '#domain/webhooks/read.ts';
import type { Webhook } from '#domain/webhooks/record.ts';
import { SECRET_PATTERN } from '#domain/webhooks/secret.ts';
import type { Services } from '#functions/http/route.ts';
import { urlFault } from '#outgoing/url.ts';
import { anyJson, id, paragraph, time } from '../fields.ts';

const { webhooks: limits } = LIMITS;

export const webhookPath = z.strictObject({ webhook_id: id });

const pattern = z
  .string()
  .max(100, { abort: true })
  .refine(isPattern, {
    error: ({ input }) =>
      `must be *, one of ${EVENT_TYPES.join(', ')}, or a family of them such as training.*; got ${JSON.stringify(input)}`,
  })
  .meta({ example: 'training.*', override: { enum: [...PATTERNS] } });

/** What an owner chooses. */
export const webhookFields = {
  url: z.string().min(1).max(limits.urlCharacters).meta({
    description: 'Where events are posted. https, at a public address',
    example: 'https://example.com/trainyard',
    format: 'uri',
  }),
  events: z
    .array(pattern)
    .min(1)
    .max(limits.events)
    .meta({ description: `Which events: ${EVENT_TYPES.join(', ')}, a family such as \`training.*\`, or \`*\`` }),
  filter: z
    .string()
    .min(1)
    .max(limits.filterCharacters)
    .meta({
      description:
        'Only events whose data satisfy it: comparisons of metrics and fields, joined by `and`. ' +
        'An event without the metric or field is not sent',
      example: 'val_accuracy < 0.9 and model_name = "churn"',
      override: { pattern: FILTER_PATTERN },
    }),
  description: paragraph(limits.description),
} as const;

/** Checks what a schema cannot. Throws `ValidationError`. */
export function checkWebhook(
  given: { readonly url?: string | undefined; readonly filter?: string | null | undefined },
  { webhooksToLoopback }: Pick<Settings, 'webhooksToLoopback'>,
): void {
  const fault = given.url === undefined ? undefined : urlFault(given.url, { loopback: webhooksToLoopback });
  if (fault !== undefined) throw ValidationError.of('url', fault);
  if (typeof given.filter === 'string') parseFilter(given.filter);
}

export const secretField = z
  .string()
  .max(200)
  .meta({
    description: `\`whsec_\` and Base64, with padding, of ${limits.secretBytes.min} to ${limits.secretBytes.max} bytes. Default: a new one`,
    override: { pattern: SECRET_PATTERN },
  });

/** Shown in answers that have a secret, once. */
export const secretAnswer = z.string().meta({
  description: 'The secret of the signatures, in the form of Standard Webhooks. It is not shown again',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
});

const STATES = ['active', 'disabled', 'secret_unreadable'] as const;

export const webhookAnswer = z
  .strictObject({
    id,
    url: z.string(),
    events: z.array(z.string()),
    filter: z.string().nullable(),
    description: z.string(),
    enabled: z.boolean(),
    state: z.enum(STATES).meta({
      description:
        '`disabled`: nothing is sent; see `state_reason`. `secret_unreadable`: nothing can be signed, so nothing is sent; rotate the secret',
    }),
    state_reason: z.string().nullable(),
    failing_since: time.nullable().meta({ description: 'Since when every attempt has failed' }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Webhook' });

type WebhookAnswer = z.input<typeof webhookAnswer>;

const DISABLED: Readonly<Record<NonNullable<Webhook['disabled_reason']>, string>> = {
  owner: 'disabled by its owner',
  gone: 'the receiver answered 410 (Gone)',
  failing: 'every attempt has failed for days',
};

/** Reads the secrets, because one that cannot be read is a state, and no reason to show nothing. */
export async function showWebhook({ adapters: { keys, now }, logger }: Services, of: Webhook): Promise<WebhookAnswer> {
  const secrets = await readableSecrets(keys, of, isoTime(now())).catch((error: unknown) => {
    logger.warn('secret not read', { webhook_id: of.id, error: error as Error });
    return [];
  });
  return answerOf(of, secrets.length > 0);
}

/** `readable`: whether one of its secrets is. */
export function answerOf(of: Webhook, readable: boolean): WebhookAnswer {
  return {
    id: of.id,
    url: of.url,
    events: of.events,
    filter: of.filter ?? null,
    description: of.description,
    enabled: of.enabled,
    ...stateOf(of, readable),
    failing_since: of.failing_since ?? null,
    created_at: of.created_at,
    updated_at: of.updated_at,
  };
}

function stateOf(of: Webhook, readable: boolean): { state: (typeof STATES)[number]; state_reason: string | null } {
  if (!of.enabled) return { state: 'disabled', state_reason: DISABLED[of.disabled_reason ?? 'owner'] };
  if (readable) return { state: 'active', state_reason: null };
  return { state: 'secret_unreadable', state_reason: 'the secret cannot be decrypted: rotate it' };
}

const headers = z.record(z.string(), z.string());

export const deliveryAnswer = z
  .strictObject({
    id: id.meta({ description: "The event's id, which is the `webhook-id` of every attempt" }),
    event: z.string().meta({ example: 'training.completed' }),
    status: z.enum(DELIVERY_STATUSES).meta({
      description: '`failed`: no attempt is left. `cancelled`: the webhook was disabled before an attempt succeeded',
    }),
    created_at: time,
    attempt: z.int().meta({ description: 'How many attempts were made' }),
    next_attempt_at: time.nullable(),
    payload: anyJson.meta({ description: 'The body that is posted' }),
    attempts: z
      .array(
        z.strictObject({
          attempt: z.int(),
          at: time,
          latency_ms: z.number(),
          request: z.strictObject({ url: z.string(), headers }),
          response: z
            .strictObject({
              status: z.int(),
              headers,
              body: z.string().meta({ description: `The first ${limits.responseBytes} bytes` }),
            })
            .nullable(),
          error: z.string().nullable().meta({ description: 'Why the attempt failed' }),
        }),
      )
      .meta({ description: 'The last attempts, oldest first' }),
  })
  .meta({ id: 'WebhookDelivery' });

export const showDelivery = (of: Delivery): z.input<typeof deliveryAnswer> => ({
  id: of.event_id,
  event: of.type,
  status: of.status,
  created_at: of.created_at,
  attempt: of.attempt,
  next_attempt_at: of.due_at ?? null,
  payload: JSON.parse(of.body) as z.core.util.JSONType,
  attempts: of.attempts.map(({ number, response, error, ...made }) => ({
    attempt: number,
    ...made,
    response: response ?? null,
    error: error ?? null,
  })),
});
