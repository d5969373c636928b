import { newId } from '../ids.ts';
import type { OutgoingEvent } from '../ports/events/port.ts';
import type { Json } from '../ports/table/port.ts';

/**
 * What the world is told. It may be told twice, and is then the same `event_id` twice. Both stand in the detail, because
 * what a bus writes on its envelope is its own and new with every publication.
 */
export interface DomainEvent extends OutgoingEvent {
  readonly detail: {
    /** UUIDv7. */
    readonly event_id: string;
    /** RFC 3339: when it happened, not when it was told. */
    readonly occurred_at: string;
    readonly [name: string]: Json;
  };
}

/** A new event; `at` is RFC 3339. */
export function domainEvent(
  type: string,
  account: string,
  at: string,
  detail: { readonly [name: string]: Json },
): DomainEvent {
  return { type, account, detail: { ...detail, event_id: newId(Date.parse(at)), occurred_at: at } };
}
