/** The bounds of SQS and EventBridge, which every implementation keeps, so that what works in one place works in another. */
import { InternalError } from '../../errors.ts';
import { MessageTooLargeError } from '../errors.ts';

export const MESSAGE_LIMITS = {
  bytes: 262_144,
  delaySeconds: 900,
  visibilitySeconds: 43_200,
  received: 10,
  events: 10,
  /** Of the reason why a message was buried; in characters. */
  reason: 1000,
} as const;

/** One line of what a message attribute takes: characters that XML has, not none and not many. */
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

/** Bounds of a publication: how many events, and the bytes of all of them as they are sent. Throws `MessageTooLargeError`. */
export function checkEvents(entries: readonly string[]): void {
  if (entries.length > MESSAGE_LIMITS.events) {
    throw new InternalError(`at most ${MESSAGE_LIMITS.events} events can be published at once; got ${entries.length}`);
  }
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry), 0);
  if (bytes > MESSAGE_LIMITS.bytes) {
    throw new MessageTooLargeError(`events must have at most ${MESSAGE_LIMITS.bytes} bytes; got ${bytes}`);
  }
}

export const checkDelay = (seconds: number, most: number = MESSAGE_LIMITS.delaySeconds): void =>
  within('delaySeconds', seconds, 0, most);

export function checkReceive({ max, visibilitySeconds }: { max: number; visibilitySeconds: number | undefined }): void {
  within('max', max, 1, MESSAGE_LIMITS.received);
  if (visibilitySeconds !== undefined) {
    within('visibilitySeconds', visibilitySeconds, 0, MESSAGE_LIMITS.visibilitySeconds);
  }
}

function within(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new InternalError(`${name} must be between ${least} and ${most}; got ${value}`);
  }
}
