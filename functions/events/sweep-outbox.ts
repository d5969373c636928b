/** The sweep's share of the outbox: events whose transaction was committed and of which nobody heard. */
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
  /** Whoever kept an event for so long does not tell it any more. */
  readonly unpublished: number;
  /** An event that was refused for so long is buried. */
  readonly refused: number;
}

type OutboxContext = Pick<Adapters, 'table' | 'events' | 'now'> & { readonly logger: Log };

/** No repetition makes the bus take it. */
const isHopeless = (error: unknown): boolean =>
  error instanceof MessageTooLargeError || error instanceof InvalidItemError;

/**
 * Tells them in the order in which they happened. One that is refused keeps nobody waiting behind it.
 * @throws UnavailableError where the bus does not answer: all that is left stays
 * @throws InternalError after all of them, where any was refused, so that an alarm says so
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

/** How many of at most ten were refused: together they may be too large, or one of them stands for all. */
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
  if (isHopeless(error) || String(item.isk) < isoTime(now() - refused)) {
    await deadLetterEvent(table, item, String(error), now());
    logger.error('event buried', about);
  } else logger.error('event refused', about);
  return 1;
}
