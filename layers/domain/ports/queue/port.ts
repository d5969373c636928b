/** Work that waits, delivered at least once. */
export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  /** How often it was received, this time included. */
  readonly receives: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  /** Names this delivery; of no use once the visibility timeout has passed. */
  readonly receipt: string;
  /** In a dead-letter queue: why it was buried. Absent where it was merely delivered too often. */
  readonly reason?: string;
}

/** At least once, in no promised order. After `maxReceives` deliveries a message goes to the dead-letter queue. */
export interface Queue {
  /** Deliveries after which a message that nobody acknowledges is a dead letter by itself. */
  readonly maxReceives: number;
  /** `body` is at most 256 KiB of UTF-8. Resolves once the message is durable. */
  send(body: string, options?: { delaySeconds?: number }): Promise<void>;
  /** Up to ten visible messages, hidden from others for `visibilitySeconds` (default: the queue's own). Does not wait. */
  receive(options?: { max?: number; visibilitySeconds?: number }): Promise<readonly ReceivedMessage[]>;
  acknowledge(receipt: string): Promise<void>;
  /**
   * Puts the body of a message that cannot be handled into the dead-letter queue, with the reason (its first 1000
   * characters). The message itself is then to be acknowledged; one who dies in between leaves two dead letters.
   */
  deadLetter(body: string, reason: string): Promise<void>;
  /** Makes the message visible again after `delaySeconds` (0: at once). */
  release(receipt: string, delaySeconds: number): Promise<void>;
}

export const QUEUES = ['datasets', 'training'] as const;

export type QueueName = (typeof QUEUES)[number];
