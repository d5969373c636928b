/** The events of an account that has webhooks, for as long as they can be replayed. */
import { idsFrom } from '../ids.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import type { Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
import type { DomainEvent } from './event.ts';
import { eventOf } from './outbox.ts';

/** Logging an event twice changes nothing. */
export async function logEvent(table: Table, event: DomainEvent, now: number): Promise<void> {
  const { type, account, detail } = event;
  const expiresAt = epochSeconds(now) + LIMITS.webhooks.retentionSeconds;
  await table.put({ ...keys.loggedEvent(account, detail.event_id), type, account, detail, expiresAt });
}

/**
 * A page of the events that happened from `from` to `to` (epoch milliseconds, both inclusive), oldest first: their ids
 * begin with the time.
 */
export async function loggedEvents(
  table: Table,
  accountId: string,
  range: { readonly from: number; readonly to: number },
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ events: DomainEvent[]; cursor: string | undefined }> {
  const { pk: partition } = keys.loggedEvent(accountId, '');
  const { limit, cursor } = page;
  const found = await table.query({
    partition,
    from: keys.loggedEvent(accountId, idsFrom(range.from)).sk,
    // The first id of the next millisecond is not in it: an id has more characters than its time.
    to: keys.loggedEvent(accountId, idsFrom(range.to + 1)).sk,
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  });
  return { events: found.items.map(eventOf), cursor: found.cursor };
}
