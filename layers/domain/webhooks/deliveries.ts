/** Reading and changing deliveries. */
import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import type { DeliverMessage } from '../messages.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { type Attempt, type Delivery, delivery, LOGGED_ATTEMPTS } from './delivery.ts';
import { type Deliverable, payloadOf } from './payload.ts';
import { MAX_TRIES } from './retries.ts';

/** Milliseconds after which a message that should have come counts as lost, and the schedule sends another. */
const MESSAGE_GRACE_MS = 60_000;
/** Milliseconds for which an attempt is claimed: longer than one can take. */
const CLAIM_MS = 60_000;
/** A queue can delay a message for so many seconds; what is due later waits in the table. */
const LONGEST_DELAY_SECONDS = 900;

const keyOf = ({ account_id, webhook_id, event_id }: Delivery) => keys.delivery(account_id, webhook_id, event_id);

/** Where the index has a pending delivery: when the schedule is to look after it. */
const lookedAfter = (at: number) => ({ ipk: indexes.pendingDeliveries, isk: isoTime(at) });

const expiryOf = (now: number): number => epochSeconds(now) + LIMITS.webhooks.retentionSeconds;

const NOT_PENDING = ['ipk', 'isk', 'claimed_until', 'due_at'] as const;

const is = (attribute: string, value: string | number): Condition => ({ kind: 'compare', attribute, op: '=', value });

/** Of one event to one webhook, due now. */
export function newDelivery(
  of: { readonly account_id: string; readonly id: string },
  event: Deliverable,
  now: number,
  maxTries = MAX_TRIES,
): Delivery {
  return {
    account_id: of.account_id,
    webhook_id: of.id,
    event_id: event.detail.event_id,
    type: event.type,
    body: JSON.stringify(payloadOf(event)),
    status: 'pending',
    created_at: isoTime(now),
    attempt: 0,
    tries: 0,
    max_tries: maxTries,
    due_at: isoTime(now),
    attempts: [],
  };
}

/** False if there is one of the same event to the same webhook: events come at least once. */
export async function createDelivery(table: Table, created: Delivery, now: number): Promise<boolean> {
  const item = { ...keyOf(created), ...created, ...lookedAfter(now + MESSAGE_GRACE_MS), expiresAt: expiryOf(now) };
  return done(() => table.put(item, { kind: 'absent' }));
}

/** The message for the next attempt. */
export const messageOf = ({ account_id, webhook_id, event_id, attempt }: Delivery): DeliverMessage => ({
  kind: 'deliver',
  account_id,
  webhook_id,
  event_id,
  attempt: attempt + 1,
});

export async function findDelivery(
  table: Table,
  accountId: string,
  webhookId: string,
  eventId: string,
): Promise<Delivery | undefined> {
  const item = await table.get(keys.delivery(accountId, webhookId, eventId));
  return item && delivery.parse(item);
}

/** Throws `NotFoundError`. */
export async function getDelivery(table: Table, accountId: string, webhookId: string, id: string): Promise<Delivery> {
  const found = await findDelivery(table, accountId, webhookId, id);
  if (!found) throw new NotFoundError(`Delivery ${id} not found`);
  return found;
}

/** How many queries a page with a filter takes at the most. */
const MOST_QUERIES = 20;

/**
 * A page of a webhook's deliveries, those of the newest events first. With a filter it may have fewer than its limit, or
 * none, and still have a cursor. Throws `InvalidCursorError`.
 */
export async function listDeliveries(
  table: Table,
  accountId: string,
  webhookId: string,
  page: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly status?: Delivery['status'] | undefined;
  },
): Promise<{ deliveries: Delivery[]; cursor: string | undefined }> {
  const { pk: partition, sk: prefix } = keys.delivery(accountId, webhookId, '');
  const { limit, status } = page;
  const deliveries: Delivery[] = [];
  let { cursor } = page;
  for (let queries = 0; queries < MOST_QUERIES && deliveries.length < limit; queries += 1) {
    // Never more than there is room for: the cursor is behind the last one that was read.
    const query = { partition, prefix, order: 'descending', limit: limit - deliveries.length } as const;
    const found = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    const all = found.items.map((item) => delivery.parse(item));
    deliveries.push(...all.filter((one) => status === undefined || one.status === status));
    cursor = found.cursor;
    if (cursor === undefined) break;
  }
  return { deliveries, cursor };
}

/** Before an attempt. `undefined`: another one is in progress or was made in the meantime. */
export async function claimDelivery(table: Table, of: Delivery, now: number): Promise<Delivery | undefined> {
  const until = isoTime(now + CLAIM_MS);
  const free: Condition = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'claimed_until' },
      { kind: 'compare', attribute: 'claimed_until', op: '<=', value: isoTime(now) },
    ],
  };
  const change = { set: { claimed_until: until, ...lookedAfter(now + CLAIM_MS + MESSAGE_GRACE_MS) } };
  const condition: Condition = { kind: 'all', of: [is('status', 'pending'), is('attempt', of.attempt), free] };
  return (await done(() => table.update(keyOf(of), change, condition))) ? { ...of, claimed_until: until } : undefined;
}

/** What becomes of a claimed delivery after an attempt: its end, or seconds until the next one. */
export type Settlement = 'delivered' | 'failed' | { readonly retryInSeconds: number };

/**
 * Records the attempt. Resolves with the seconds after which a message for the next one should come, if one should: what
 * is due later than a queue can delay is left to the schedule.
 */
export async function settleDelivery(
  table: Table,
  of: Delivery,
  made: Attempt,
  settlement: Settlement,
  now: number,
): Promise<number | undefined> {
  const set = { attempt: made.number, tries: of.tries + 1, attempts: [...of.attempts, made].slice(-LOGGED_ATTEMPTS) };
  const claimed = is('claimed_until', of.claimed_until ?? '');
  if (typeof settlement === 'string') {
    await done(() => table.update(keyOf(of), { set: { ...set, status: settlement }, remove: NOT_PENDING }, claimed));
    return undefined;
  }
  const { retryInSeconds } = settlement;
  const due = now + retryInSeconds * 1000;
  const byMessage = retryInSeconds <= LONGEST_DELAY_SECONDS;
  const next = { due_at: isoTime(due), ...lookedAfter(byMessage ? due + MESSAGE_GRACE_MS : due) };
  const change: Change = { set: { ...set, ...next }, remove: ['claimed_until'] };
  return (await done(() => table.update(keyOf(of), change, claimed))) && byMessage ? retryInSeconds : undefined;
}

/** Its webhook was disabled. */
export async function cancelDelivery(table: Table, of: Delivery): Promise<void> {
  await done(() =>
    table.update(keyOf(of), { set: { status: 'cancelled' }, remove: NOT_PENDING }, is('status', 'pending')),
  );
}

/** Its webhook was deleted. */
export async function deleteDelivery(table: Table, of: Delivery): Promise<void> {
  await table.delete(keyOf(of));
}

/** Makes a delivery that has ended due again, with all its tries. `undefined` if it is pending already. */
export async function restartDelivery(table: Table, of: Delivery, now: number): Promise<Delivery | undefined> {
  const set = { status: 'pending', tries: 0, due_at: isoTime(now) } as const;
  const ended: Condition = { kind: 'oneOf', attribute: 'status', values: ['delivered', 'failed', 'cancelled'] };
  const change = { set: { ...set, ...lookedAfter(now + MESSAGE_GRACE_MS), expiresAt: expiryOf(now) } };
  return (await done(() => table.update(keyOf(of), change, ended))) ? { ...of, ...set } : undefined;
}

/**
 * Up to `limit` deliveries that are due, or whose message was lost, longest first. The schedule does not find them again
 * before their messages had time to come.
 */
export async function takeDue(table: Table, now: number, limit: number): Promise<Delivery[]> {
  const query = { index: 'byIndex', partition: indexes.pendingDeliveries, from: '0', to: isoTime(now), limit } as const;
  const { items } = await table.query(query);
  const taken = await Promise.all(
    items.map(async (item) => {
      const found = delivery.parse(item);
      const change = { set: lookedAfter(now + CLAIM_MS + MESSAGE_GRACE_MS) };
      const unchanged: Condition = { kind: 'all', of: [is('status', 'pending'), is('isk', item.isk ?? '')] };
      return (await done(() => table.update(keyOf(found), change, unchanged))) ? found : undefined;
    }),
  );
  return taken.filter((one) => one !== undefined);
}

/** False if the condition of the write did not hold. */
async function done(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
