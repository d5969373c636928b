import { parseFilter, passes } from './filter.ts';
import { matchesPattern } from './patterns.ts';
import type { Deliverable } from './payload.ts';
import type { Webhook } from './record.ts';

/** Whether the webhook's patterns and its filter mean the event. */
export function wants({ events, filter }: Pick<Webhook, 'events' | 'filter'>, { type, detail }: Deliverable): boolean {
  if (!events.some((pattern) => matchesPattern(pattern, type))) return false;
  return filter === undefined || passes(parseFilter(filter), detail);
}
