import type { Json } from '../table/port.ts';

export interface OutgoingEvent {
  /** Such as `dataset.processed`. */
  readonly type: string;
  readonly account: string;
  readonly detail: { readonly [name: string]: Json };
}

/** The event bus. The topology has the rules that route its events. */
export interface Events {
  /** Resolves once all events are durable. At most ten at once, 256 KiB together. */
  publish(...events: readonly OutgoingEvent[]): Promise<void>;
}
