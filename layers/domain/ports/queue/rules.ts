/**
 * The limits of SQS and EventBridge, which every implementation enforces, so that what works on one host works on the
 * other.
 */
import { InternalError } from '../../errors.ts';
import { MessageTooLargeError } from '../errors.ts';

export const MESSAGE_LIMITS = {
  bytes: 262_144,
  delaySeconds: 900,
  visibilitySeconds: 43_200,
  received: 10,
  events: 10,
  /** Of the reason why a message was dead-lettered; in characters. */
  reason: 1000,
} as const;

/** The reason as a message attribute can hold it: one line of XML characters, not empty and not too long. */
export const reasonOf = (text: string): string =>
  text
    .replace(/[\p{Cc}\ufffe\uffff]/gu, ' ')
    .toWellFormed()
    .slice(0, MESSAGE_LIMITS.reason) || '-';

/** Throws `MessageTooLargeError`. */
export function checkMessage(body: string): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > MESSAGE_LIMITS.bytes) {
    throw new MessageTooLargeError(`a message must have at most ${MESSAGE_LIMITS.bytes} bytes; got ${bytes}`);
  }
  if (bytes === 0 || !body.isWellFormed()) throw new InternalError('a message must be well-formed text, not empty');
}

/** Checks how many events are published at once, and their bytes as they are sent. Throws `MessageTooLargeError`. */
export function checkEvents(entries: readonly string[]): void {
  if (entries.length > MESSAGE_LIMITS.events) {
    throw new InternalError(`at most ${MESSAGE_LIMITS.events} events can be published at once; got ${entries.length}`);
  }
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry), 0);
  if (bytes > MESSAGE_LIMITS.bytes) {
    throw new MessageTooLargeError(`events must have at most ${MESSAGE_LIMITS.bytes} bytes; got ${bytes}`);
  }
}

export function checkGroup(group: string | undefined): void {
  if (group === undefined || /^[A-Za-z0-9_-]{1,128}$/.test(group)) return;
  throw new InternalError(`a message's group must be 1 to 128 of [A-Za-z0-9_-]; got ${JSON.stringify(group)}`);
}

export const checkDelay = (seconds: number, max: number = MESSAGE_LIMITS.delaySeconds): void =>
  within('delaySeconds', seconds, 0, max);

export function checkReceive({ max, visibilitySeconds }: { max: number; visibilitySeconds: number | undefined }): void {
  within('max', max, 1, MESSAGE_LIMITS.received);
  if (visibilitySeconds !== undefined) {
    within('visibilitySeconds', visibilitySeconds, 0, MESSAGE_LIMITS.visibilitySeconds);
  }
}

function within(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) {
    throw new InternalError(`${name} must be between ${min} and ${max}; got ${value}`);
  }
}
