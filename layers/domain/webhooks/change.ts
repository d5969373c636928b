/** What the owner of a webhook changes. */

import type { Sealed } from '../envelope.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { validSecrets, type Webhook, webhook } from './record.ts';

const isPresent: Condition = { kind: 'present' };

/** Throws `ConflictError` if the account has as many webhooks as it may have: `count`. */
export async function createWebhook(
  table: Table,
  created: Webhook,
  count: number = LIMITS.webhooks.count,
): Promise<void> {
  const hasRoom: Condition = {
    kind: 'all',
    of: [
      isPresent,
      {
        kind: 'any',
        of: [
          { kind: 'missing', attribute: 'webhooks' },
          { kind: 'compare', attribute: 'webhooks', op: '<', value: count },
        ],
      },
    ],
  };
  const { account_id, id } = created;
  try {
    await table.transact([
      { kind: 'update', key: keys.account(account_id), change: { add: { webhooks: 1 } }, condition: hasRoom },
      { kind: 'put', item: { ...keys.webhook(account_id, id), ...created }, condition: { kind: 'absent' } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError) || !error.failed.includes(0)) throw error;
    throw new ConflictError(`An account may have at most ${count} webhooks; got ${count + 1}: delete one first`);
  }
}

/** What its owner may change; `filter: null` removes the filter. */
export interface WebhookChange {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly filter?: string | null | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Enabling it again forgets why it was disabled; that, or another URL, forgets since when it failed. Throws `NotFoundError`. */
export async function changeWebhook(table: Table, of: Webhook, change: WebhookChange, now: string): Promise<Webhook> {
  const { filter, enabled, ...rest } = change;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const isMoved = change.url !== undefined && change.url !== of.url;
  const toggled = enabled !== undefined && enabled !== of.enabled;
  const set = {
    ...given,
    ...(typeof filter === 'string' ? { filter } : {}),
    ...(toggled ? { enabled } : {}),
    ...(toggled && !enabled ? { disabled_reason: 'owner', disabled_at: now } : {}),
    updated_at: now,
  };
  const remove = [
    ...(filter === null ? ['filter'] : []),
    ...(toggled && enabled ? ['disabled_reason', 'disabled_at'] : []),
    ...((toggled && enabled) || isMoved ? ['failing_since'] : []),
  ];
  try {
    return webhook.parse(await table.update(keys.webhook(of.account_id, of.id), { set, remove }, isPresent));
  } catch (error) {
    if (error instanceof ConditionFailedError) throw new NotFoundError(`Webhook ${of.id} not found`);
    throw error;
  }
}

/**
 * Makes `secret` the current one; those before it sign until `expiresAt`, or until they expire anyway. Throws
 * `ConflictError` if that would be too many, or if another call has replaced it in the meantime.
 */
export async function rotateSecret(
  table: Table,
  of: Webhook,
  secret: Sealed,
  { now, expiresAt }: { readonly now: string; readonly expiresAt: string },
): Promise<Webhook> {
  const before = validSecrets(of, now)
    .map((one) => ({ ...one, expires_at: earlier(one.expires_at, expiresAt) }))
    .filter(({ expires_at }) => expires_at > now);
  const most = LIMITS.webhooks.secrets;
  if (before.length >= most) {
    throw new ConflictError(`At most ${most} secrets of a webhook may sign at once; got ${before.length + 1}`);
  }
  const set = { secrets: [{ sealed: secret, created_at: now }, ...before], updated_at: now };
  const change = { set, add: { rotations: 1 } };
  const unchanged: Condition = { kind: 'compare', attribute: 'rotations', op: '=', value: of.rotations };
  try {
    return webhook.parse(await table.update(keys.webhook(of.account_id, of.id), change, unchanged));
  } catch (error) {
    if (error instanceof ConditionFailedError)
      throw new ConflictError(`The secret of webhook ${of.id} was replaced just now; try again`);
    throw error;
  }
}

const earlier = (a: string | undefined, b: string): string => (a !== undefined && a < b ? a : b);

/** Its deliveries stay until they expire; none is sent any more. Throws `NotFoundError`. */
export async function deleteWebhook(table: Table, accountId: string, id: string): Promise<void> {
  try {
    await table.transact([
      { kind: 'delete', key: keys.webhook(accountId, id), condition: isPresent },
      { kind: 'update', key: keys.account(accountId), change: { add: { webhooks: -1 } }, condition: isPresent },
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new NotFoundError(`Webhook ${id} not found`);
    throw error;
  }
}
