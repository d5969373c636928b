import type { DomainEvent } from '#domain/events/event.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import type { Services } from '#functions/http/route.ts';

/** Publishes an event whose transaction was committed; one that cannot be published is left to the sweep. */
export const publish = (event: DomainEvent, { adapters, logger }: Services): Promise<void> =>
  publishEvent(adapters, event, (message, about) => logger.warn(message, about));
