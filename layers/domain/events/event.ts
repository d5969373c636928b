import { newId } from '../ids.ts';
import type { OutgoingEvent } from '../ports/events/port.ts';
import type { Json } from '../ports/table/port.ts';
import type { EventType } from './types.ts';

/**
 * An event of the platform. It is published at least once, always with the same `event_id`. Id and time are in the
 * detail because the bus gives every publication an envelope with an id and a time of its own.
 */
export interface DomainEvent extends OutgoingEvent {
  readonly detail: {
    /** UUIDv7. */
    readonly event_id: string;
    /** RFC 3339: when it happened, not when it was published. */
    readonly occurred_at: string;
    readonly [name: string]: Json;
  };
}

/** A new event; `at` is RFC 3339. */
export function domainEvent(
  type: EventType,
  account: string,
  at: string,
  detail: { readonly [name: string]: Json },
): DomainEvent {
  return { type, account, detail: { ...detail, event_id: newId(Date.parse(at)), occurred_at: at } };
}
