/**
 * The bus and the table cannot change in one step, so an event is written down in the transaction that it tells of, and
 * stays until it was told. Whoever committed tells it at once; the sweep tells what a crash or a silent bus left:
 *
 *     change record + keep event ── publish ── forget event
 *                                 ▲          ▲
 *                                 │          └ crash: told again, by the same id
 *                                 └ crash: the sweep tells it
 *
 * An event is so told at least once where its transaction was committed, and never where it was not.
 */
import { z } from 'zod';
import { indexes, keys } from '../keys.ts';
import { ConditionFailedError, InvalidItemError, MessageTooLargeError } from '../ports/errors.ts';
import type { Events } from '../ports/events/port.ts';
import { MESSAGE_LIMITS, reasonOf } from '../ports/queue/rules.ts';
import type { Item, Key, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import type { DomainEvent } from './event.ts';

/** What a bus may add to an event: its envelope. */
const ENVELOPE_BYTES = 4096;
const EVENT_BYTES = MESSAGE_LIMITS.bytes - ENVELOPE_BYTES;

/** How long a buried event can be looked at, as a dead letter can. */
const DEAD_LETTER_SECONDS = 14 * 86_400;

const PAGE = 100;

const recorded = z.object({
  type: z.string(),
  account: z.string(),
  detail: z.object({ event_id: z.string(), occurred_at: z.string() }).catchall(z.json()),
});

/**
 * A write for the transaction of which the event tells.
 * @throws MessageTooLargeError where no bus would take it; what a bus takes also fits an item
 */
export function recordEvent({ type, account, detail }: DomainEvent): Write {
  const bytes = Buffer.byteLength(JSON.stringify({ type, account, detail }));
  if (bytes > EVENT_BYTES)
    throw new MessageTooLargeError(`an event must have at most ${EVENT_BYTES} bytes; got ${bytes}`);
  const { event_id, occurred_at } = detail;
  const place = { ipk: indexes.outbox, isk: occurred_at };
  return { kind: 'put', item: { ...keys.event(event_id), type, account, detail, ...place } };
}

/** Where the log is told that an event has to wait. */
export type Warn = (message: string, about: { readonly [name: string]: string }) => void;

/**
 * Tells an event whose transaction was committed. That the bus does not answer is not the caller's error, who has done
 * what was to be done: the event stays for the sweep.
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

/** Events that happened until `until` (RFC 3339) and were not told since, the oldest first, page by page. */
export async function* unpublishedEvents(table: Table, until: string): AsyncGenerator<readonly Item[]> {
  let cursor: string | undefined;
  do {
    const query = { index: 'byIndex', partition: indexes.outbox, from: '0', to: until, limit: PAGE } as const;
    const page = await table.query(cursor === undefined ? query : { ...query, cursor });
    yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Throws `InvalidItemError` where it is no event of ours. */
export function eventOf(item: Item): DomainEvent {
  const parsed = recorded.safeParse(item);
  if (parsed.success) return parsed.data;
  throw new InvalidItemError(`${item.pk} is no event: ${z.prettifyError(parsed.error)}`);
}

/** To be called once it was told. */
export async function removeEvent(table: Table, { pk, sk }: Key): Promise<void> {
  await table.delete({ pk, sk });
}

/** Takes an event that cannot be told out of the others' way; it can be looked at, and put back, for two weeks. */
export async function deadLetterEvent(table: Table, { pk, sk }: Key, reason: string, now: number): Promise<void> {
  const place = { ipk: indexes.deadLettered, isk: isoTime(now), expiresAt: epochSeconds(now) + DEAD_LETTER_SECONDS };
  try {
    await table.update({ pk, sk }, { set: { ...place, reason: reasonOf(reason) } }, { kind: 'present' });
  } catch (error) {
    // Told in the meantime.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
