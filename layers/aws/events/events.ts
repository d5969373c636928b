import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { EVENT_SOURCE } from '#domain/ports/events/envelope.ts';
import type { Events, OutgoingEvent } from '#domain/ports/events/port.ts';
import { checkEvents } from '#domain/ports/queue/rules.ts';
import { backoff, type Sleep } from '../retry.ts';
import { translating } from '../vendor.ts';

export interface EventsContext {
  readonly client: EventBridgeClient;
  /** The bus, by name or ARN. */
  readonly bus: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How a retry waits. Default: a timer. */
  readonly sleep?: Sleep;
}

const ATTEMPTS = 5;
const RETRY = { base: 50, max: 1000 };

/** Error codes of entries that EventBridge may accept later. */
const TRANSIENT = new Set(['ThrottlingException', 'InternalFailure', 'InternalException', 'ServiceUnavailable']);

/**
 * The Events port on an EventBridge bus. A request may succeed in part: then only the entries that failed are sent
 * again, and an entry that still fails after the last attempt is an error.
 *
 * The envelope's `account` is the AWS account, so ours is in the detail; see `accountOf`.
 */
export class EventBridgeEvents implements Events {
  readonly #context: EventsContext;

  constructor(context: EventsContext) {
    this.#context = context;
  }

  async publish(...events: readonly OutgoingEvent[]): Promise<void> {
    const { bus, now, sleep = delay } = this.#context;
    let waiting = events.map((event) => entryOf(event, bus, now()));
    checkEvents(waiting.map(({ Detail = '', DetailType = '' }) => `${EVENT_SOURCE}${DetailType}${Detail}`));
    for (let attempt = 1; waiting.length > 0; attempt += 1) {
      const results = await this.#put(waiting);
      const refused = results.find(({ ErrorCode }) => ErrorCode !== undefined && !TRANSIENT.has(ErrorCode));
      if (refused)
        throw new InternalError(`EventBridge refused an event: ${refused.ErrorCode}: ${refused.ErrorMessage}`);
      const failed = results.find(({ ErrorCode }) => ErrorCode !== undefined);
      waiting = waiting.filter((_, index) => results[index]?.ErrorCode !== undefined);
      if (!failed) return;
      if (attempt === ATTEMPTS) {
        throw new UnavailableError(
          `EventBridge did not take ${waiting.length} of ${events.length} events: ${failed.ErrorCode}: ${failed.ErrorMessage}`,
        );
      }
      await sleep(backoff(attempt, RETRY));
    }
  }

  async #put(entries: readonly PutEventsRequestEntry[]): Promise<readonly PutEventsResultEntry[]> {
    const command = new PutEventsCommand({ Entries: [...entries] });
    const { Entries: results = [] } = await translating('EventBridge', () => this.#context.client.send(command));
    if (results.length !== entries.length) {
      throw new UnavailableError(`EventBridge answered for ${results.length} of ${entries.length} events`);
    }
    return results;
  }
}

const entryOf = ({ type, account, detail }: OutgoingEvent, bus: string, now: number): PutEventsRequestEntry => ({
  EventBusName: bus,
  Source: EVENT_SOURCE,
  DetailType: type,
  Detail: JSON.stringify({ ...detail, account_id: account }),
  Time: new Date(now),
});
