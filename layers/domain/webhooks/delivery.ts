/**
 * The delivery of one event to one webhook, with a log of its attempts:
 *
 *     pending ──► delivered | failed | cancelled
 *        ▲            │
 *        └────────────┘  redelivered, or replayed
 *
 * Its id is the event's, so a receiver gets the same `webhook-id` on each attempt, redelivery and replay. When it is due
 * stands in the table, in the index; a message in the queue is only a hint, which may come twice or get lost.
 */
import { z } from 'zod';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'cancelled'] as const;

/** The log has the last attempts only: each may hold 12 KB beside the body's 252, and an item has at most 400. */
export const LOGGED_ATTEMPTS = 10;

export const attempt = z.object({
  /** From 1, over all redeliveries. */
  number: z.number().int(),
  /** When it began. */
  at: z.string(),
  latency_ms: z.number(),
  request: z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }),
  /** Absent if there was none. */
  response: z
    .object({
      status: z.number().int(),
      headers: z.record(z.string(), z.string()),
      /** The first KiB. */
      body: z.string(),
    })
    .exactOptional(),
  /** Why the attempt failed. */
  error: z.string().exactOptional(),
});
export type Attempt = z.infer<typeof attempt>;

export const delivery = z.object({
  account_id: z.string(),
  webhook_id: z.string(),
  event_id: z.string(),
  type: z.string(),
  /** The body exactly as it is sent. */
  body: z.string(),
  status: z.enum(DELIVERY_STATUSES),
  created_at: z.string(),
  /** How many attempts were made, over all redeliveries. */
  attempt: z.number().int(),
  /** How many of them since it was last due for the first time. */
  tries: z.number().int(),
  max_tries: z.number().int(),
  /** When the next attempt is due. */
  due_at: z.string().optional(),
  /** While an attempt is in progress: until when no other may begin. */
  claimed_until: z.string().optional(),
  attempts: z.array(attempt).default([]),
});
export type Delivery = z.infer<typeof delivery>;
