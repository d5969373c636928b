/** The bus. */
import type { Json } from '../table/port.ts';

export interface OutgoingEvent {
  /** Such as `dataset.processed`. */
  readonly type: string;
  readonly account: string;
  readonly detail: { readonly [name: string]: Json };
}

/** The bus. Which rule sends what where stands in the topology. */
export interface Events {
  /** Resolves once all are durable. At most ten at once, 256 KiB together. */
  publish(...events: readonly OutgoingEvent[]): Promise<void>;
}
