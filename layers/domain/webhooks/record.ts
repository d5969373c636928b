/**
 * A webhook: a URL of an account's own to which matching events are posted.
 *
 *     enabled ──► disabled    by its owner, by a 410, or after days without a success
 *        ▲            │
 *        └────────────┘       by its owner
 */
import { z } from 'zod';
import { sealed } from '../envelope.ts';

/** Why a webhook is disabled: by its owner, because the receiver answered 410, or because it failed for days. */
export const DISABLED_REASONS = ['owner', 'gone', 'failing'] as const;

export const webhook = z.object({
  id: z.string(),
  account_id: z.string(),
  url: z.string(),
  /** Patterns; see `patterns.ts`. */
  events: z.array(z.string()),
  /** See `filter.ts`. */
  filter: z.string().optional(),
  description: z.string().default(''),
  enabled: z.boolean(),
  disabled_reason: z.enum(DISABLED_REASONS).optional(),
  disabled_at: z.string().optional(),
  /** Since when every attempt has failed; absent after a success. */
  failing_since: z.string().optional(),
  /**
   * The current secret first. Replaced ones sign beside it until they expire (RFC 3339). A record whose secrets are
   * damaged is one without, so that it breaks no list and can be healed.
   */
  secrets: z.array(z.object({ sealed, created_at: z.string(), expires_at: z.string().exactOptional() })).catch([]),
  /** How often its secret was replaced. */
  rotations: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export type Webhook = z.infer<typeof webhook>;
export type WebhookSecret = Webhook['secrets'][number];

/** The secrets that sign at `now` (RFC 3339), the current one first. */
export const validSecrets = ({ secrets }: Webhook, now: string): readonly WebhookSecret[] =>
  secrets.filter(({ expires_at }) => expires_at === undefined || expires_at > now);
