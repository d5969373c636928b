/** When a webhook is disabled without its owner's doing. */

import { keys } from '../keys.ts';
import { recordNotice } from '../notices.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import type { Webhook } from './record.ts';

const DAY_MS = 86_400_000;
/** A webhook is disabled when every attempt has failed for so long. */
const FAILING_DAYS = 5;

const isEnabled: Condition = { kind: 'compare', attribute: 'enabled', op: '=', value: true };

const REASONS = {
  gone: 'its receiver answered 410 (Gone)',
  failing: `every attempt has failed for ${FAILING_DAYS} days`,
} as const;

/** After an attempt that failed. Resolves with whether the webhook was disabled. */
export async function recordFailure(table: Table, of: Webhook, isGone: boolean, now: number): Promise<boolean> {
  if (isGone) return disable(table, of, 'gone', now);
  if (of.failing_since !== undefined) {
    if (now - Date.parse(of.failing_since) < FAILING_DAYS * DAY_MS) return false;
    return disable(table, of, 'failing', now);
  }
  const first: Condition = { kind: 'all', of: [isEnabled, { kind: 'missing', attribute: 'failing_since' }] };
  await ignoringCondition(() =>
    table.update(keys.webhook(of.account_id, of.id), { set: { failing_since: isoTime(now) } }, first),
  );
  return false;
}

/** After an attempt that succeeded. */
export async function recordSuccess(table: Table, of: Webhook): Promise<void> {
  if (of.failing_since === undefined) return;
  await ignoringCondition(() =>
    table.update(keys.webhook(of.account_id, of.id), { remove: ['failing_since'] }, { kind: 'present' }),
  );
}

/** With a notice to the account. */
async function disable(table: Table, of: Webhook, reason: keyof typeof REASONS, now: number): Promise<boolean> {
  const at = isoTime(now);
  const set = { enabled: false, disabled_reason: reason, disabled_at: at, updated_at: at };
  const message = `The webhook to ${hostOf(of.url)} was disabled: ${REASONS[reason]}. Enable it once its receiver works, and replay what it has missed.`;
  try {
    await table.transact([
      { kind: 'update', key: keys.webhook(of.account_id, of.id), change: { set }, condition: isEnabled },
      recordNotice(of.account_id, { type: 'webhook.disabled', message, subject_id: of.id }, now),
    ]);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailedError) return false;
    throw error;
  }
}

/** Only the host: path and query of a receiver's URL may contain a token. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'its receiver');

async function ignoringCondition(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
