/**
 * A transactional outbox. The bus and the table cannot change in one step, so an event is recorded in the transaction
 * that it reports, and removed once it is published. The process that committed publishes it at once; the sweep
 * publishes what a crash or an unavailable bus left behind:
 *
 *     change record + record event ── publish ── remove event
 *                                   ▲          ▲
 *                                   │          └ crash: published again, with the same id
 *                                   └ crash: the sweep publishes it
 *
 * An event is therefore published at least once if its transaction was committed, and never if it was not.
 */
import { z } from 'zod';
import { indexes, keys } from '../keys.ts';
import { ConditionFailedError, InvalidItemError, MessageTooLargeError } from '../ports/errors.ts';
import type { Events } from '../ports/events/port.ts';
import { MESSAGE_LIMITS, reasonOf } from '../ports/queue/rules.ts';
import type { Item, Key, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import type { DomainEvent } from './event.ts';

/** Room for the envelope that a bus adds to an event. */
const ENVELOPE_BYTES = 4096;
const EVENT_BYTES = MESSAGE_LIMITS.bytes - ENVELOPE_BYTES;

/** How long a dead-lettered event stays: as long as a message in a dead-letter queue. */
const DEAD_LETTER_SECONDS = 14 * 86_400;

const PAGE = 100;

const recorded = z.object({
  type: z.string(),
  account: z.string(),
  detail: z.object({ event_id: z.string(), occurred_at: z.string() }).catchall(z.json()),
});

/**
 * A write for the transaction that the event reports.
 * @throws MessageTooLargeError if no bus would accept it; what a bus accepts also fits an item
 */
export function recordEvent({ type, account, detail }: DomainEvent): Write {
  const bytes = Buffer.byteLength(JSON.stringify({ type, account, detail }));
  if (bytes > EVENT_BYTES)
    throw new MessageTooLargeError(`an event must have at most ${EVENT_BYTES} bytes; got ${bytes}`);
  const { event_id, occurred_at } = detail;
  const place = { ipk: indexes.outbox, isk: occurred_at };
  return { kind: 'put', item: { ...keys.event(event_id), type, account, detail, ...place } };
}

/** Logs a warning. */
export type Warn = (message: string, about: { readonly [name: string]: string }) => void;

/**
 * Publishes an event whose transaction was committed. A failure is only logged, because the caller's change is already
 * committed: the event stays in the outbox and the sweep publishes it.
 */
export async function publishEvent(
  { table, events }: { readonly table: Pick<Table, 'delete'>; readonly events: Events },
  event: DomainEvent,
  warn: Warn,
): Promise<void> {
  const { event_id } = event.detail;
  try {
    await events.publish(event);
    await table.delete(keys.event(event_id));
  } catch (error) {
    warn('event left to the sweep', { event_id, event_type: event.type, reason: String(error) });
  }
}

/** Events that happened up to `until` (RFC 3339) and are not published yet, oldest first, page by page. */
export async function* unpublishedEvents(table: Table, until: string): AsyncGenerator<readonly Item[]> {
  let cursor: string | undefined;
  do {
    const query = { index: 'byIndex', partition: indexes.outbox, from: '0', to: until, limit: PAGE } as const;
    const page = await table.query(cursor === undefined ? query : { ...query, cursor });
    yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Throws `InvalidItemError` if the item is not an event. */
export function eventOf(item: Item): DomainEvent {
  const parsed = recorded.safeParse(item);
  if (parsed.success) return parsed.data;
  throw new InvalidItemError(`${item.pk} is not an event: ${z.prettifyError(parsed.error)}`);
}

/** Call it once the event is published. */
export async function removeEvent(table: Table, { pk, sk }: Key): Promise<void> {
  await table.delete({ pk, sk });
}

/** Moves an event that cannot be published out of the outbox; it can be inspected, and put back, for two weeks. */
export async function deadLetterEvent(table: Table, { pk, sk }: Key, reason: string, now: number): Promise<void> {
  const place = { ipk: indexes.deadLettered, isk: isoTime(now), expiresAt: epochSeconds(now) + DEAD_LETTER_SECONDS };
  try {
    await table.update({ pk, sk }, { set: { ...place, reason: reasonOf(reason) } }, { kind: 'present' });
  } catch (error) {
    // Published in the meantime.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
