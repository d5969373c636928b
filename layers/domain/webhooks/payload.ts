/** The body of a delivery. */
import type { DomainEvent } from '../events/event.ts';
import type { Json } from '../ports/table/port.ts';

/** `type` is Standard Webhooks' name for it, and `event` the platform specification's. */
export interface Payload {
  readonly type: string;
  readonly event: string;
  /** When the event happened. */
  readonly timestamp: string;
  readonly data: { readonly [name: string]: Json };
}

/** An event of the bus, or one that only a webhook gets. */
export type Deliverable = Pick<DomainEvent, 'detail'> & { readonly type: string };

/** The account and the time are not in the data: the one is the receiver's own, the other is the timestamp. */
export function payloadOf({ type, detail }: Deliverable): Payload {
  const { occurred_at, account_id: _, ...data } = detail;
  return { type, event: type, timestamp: occurred_at, data };
}
