/** Message queues with at-least-once delivery. */
export interface SendOptions {
  readonly delaySeconds?: number;
  /** Whose message it is, such as an account's id: 1 to 128 of [A-Za-z0-9_-]. A message without one is its own group. */
  readonly group?: string;
}

export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  /** How often it was received, this delivery included. */
  readonly receives: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  /** Identifies this delivery; invalid once the visibility timeout has passed. */
  readonly receipt: string;
  /** In a dead-letter queue: why it was dead-lettered. Absent if it was merely delivered too often. */
  readonly reason?: string;
  /** As it was sent. */
  readonly group?: string;
}

/**
 * At least once, in no guaranteed order. Where messages wait, those of a group that keeps the consumers busy come after
 * those of other groups. Messages of one group have no order and may be delivered at the same time. (SQS calls this a fair
 * queue. There it takes effect from about 30 messages in flight, or a tenth of the consumers' time.)
 */
export interface Queue {
  /** After so many deliveries without an acknowledgement the queue itself dead-letters a message. */
  readonly maxReceives: number;
  /** `body` is at most 256 KiB of UTF-8. Resolves once the message is durable. */
  send(body: string, options?: SendOptions): Promise<void>;
  /** Up to ten visible messages, hidden from others for `visibilitySeconds` (default: the queue's own). Does not wait. */
  receive(options?: { max?: number; visibilitySeconds?: number }): Promise<readonly ReceivedMessage[]>;
  acknowledge(receipt: string): Promise<void>;
  /**
   * Sends the body of a message that cannot be handled to the dead-letter queue, with the first 1000 characters of the
   * reason. Acknowledge the message afterwards; a crash in between dead-letters it twice.
   */
  deadLetter(body: string, reason: string): Promise<void>;
  /** Makes the message visible again after `delaySeconds`. */
  release(receipt: string, delaySeconds: number): Promise<void>;
}

export const QUEUES = ['datasets', 'training', 'webhooks', 'encoders', 'predictions', 'vault', 'logs'] as const;

export type QueueName = (typeof QUEUES)[number];
