/** The sweep of the outbox: publishes events that were recorded but not published. */
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { deadLetterEvent, eventOf, removeEvent, unpublishedEvents } from '#domain/events/outbox.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { InvalidItemError, MessageTooLargeError } from '#domain/ports/errors.ts';
import { MESSAGE_LIMITS } from '#domain/ports/queue/rules.ts';
import type { Item } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';

/** Milliseconds. */
export interface OutboxThresholds {
  /** An event recorded longer ago than this was not published by the process that recorded it. */
  readonly unpublished: number;
  /** An event that the bus has refused for longer than this is dead-lettered. */
  readonly refused: number;
}

type OutboxContext = Pick<Adapters, 'table' | 'events' | 'now'> & { readonly logger: Log };

/** A retry cannot help. */
const isPermanent = (error: unknown): boolean =>
  error instanceof MessageTooLargeError || error instanceof InvalidItemError;

/**
 * Publishes them in the order in which they happened. A refused event does not block those behind it.
 * @throws UnavailableError if the bus is not available: the remaining events stay
 * @throws InternalError at the end, if any event was refused, so that an alarm is raised
 */
export async function sweepOutbox(context: OutboxContext, thresholds: OutboxThresholds): Promise<void> {
  const { table, now } = context;
  let refused = 0;
  for await (const page of unpublishedEvents(table, isoTime(now() - thresholds.unpublished))) {
    for (let i = 0; i < page.length; i += MESSAGE_LIMITS.events) {
      refused += await publish(context, page.slice(i, i + MESSAGE_LIMITS.events), thresholds);
    }
  }
  if (refused > 0) throw new InternalError(`the bus refused ${refused} ${refused === 1 ? 'event' : 'events'}`);
}

/** Returns how many of at most ten were refused. A refused batch is published one by one: it may be just too large. */
async function publish(context: OutboxContext, items: readonly Item[], thresholds: OutboxThresholds): Promise<number> {
  const { table, events, logger } = context;
  try {
    await events.publish(...items.map(eventOf));
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    if (items.length === 1) return refuse(context, items[0]!, error, thresholds);
    let refused = 0;
    for (const item of items) refused += await publish(context, [item], thresholds);
    return refused;
  }
  await Promise.all(items.map((item) => removeEvent(table, item)));
  for (const { pk, type } of items) logger.warn('swept an event', { event: pk, event_type: type });
  return 0;
}

async function refuse(
  { table, logger, now }: OutboxContext,
  item: Item,
  error: unknown,
  { refused }: OutboxThresholds,
): Promise<number> {
  const about = { event: item.pk, event_type: item.type, error: error as Error };
  if (isPermanent(error) || String(item.isk) < isoTime(now() - refused)) {
    await deadLetterEvent(table, item, String(error), now());
    logger.error('event dead-lettered', about);
  } else logger.error('event refused', about);
  return 1;
}
