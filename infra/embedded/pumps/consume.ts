import type { ReceivedMessage } from '#domain/ports/queue/port.ts';
import { MESSAGE_LIMITS } from '#domain/ports/queue/rules.ts';
import type { EmbeddedQueue } from '#embedded/adapters.ts';

export interface Consumption {
  readonly queue: EmbeddedQueue;
  readonly batchSize: number;
  /** How long messages are gathered before a batch that is not full is handled. Default: not at all. */
  readonly windowSeconds?: number;
  /** Handles a batch; resolves with the ids of the messages that failed. Rejecting fails all of them. */
  readonly handle: (messages: readonly ReceivedMessage[]) => Promise<ReadonlySet<string>>;
  /** Calls the listener when there may be a new message; returns a function that stops it. */
  readonly watch: (listener: () => void) => () => void;
  readonly now: () => number;
  /** The pause after an error of the queue itself. Default: a second. */
  readonly pauseMilliseconds?: number;
  /** The delay before a failed message is redelivered. Default: `backoffSeconds`. */
  readonly retrySeconds?: (receives: number) => number;
  readonly onError: (error: unknown, where: string) => void;
}

export interface Pump {
  /** Receives no further message and resolves when those in flight are settled. */
  stop(): Promise<void>;
}

/** 1, 2, 4 … 60 s. */
const backoffSeconds = (receives: number): number => Math.min(60, 2 ** (receives - 1));

/** The pause after the queue could not be read or written, as on a full disk. */
const PAUSE_MILLISECONDS = 1000;

/** The longest delay of a Node.js timer. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Delivers a queue's messages to their consumer, a batch at a time, as long as there are any; then sleeps until a
 * message is sent or becomes visible. Failed messages are released with exponential backoff; the queue itself
 * dead-letters them after `maxReceives` deliveries.
 */
export function pump(consumption: Consumption): Pump {
  const { queue, batchSize, windowSeconds = 0 } = consumption;
  const { retrySeconds = backoffSeconds, pauseMilliseconds = PAUSE_MILLISECONDS } = consumption;
  let stopped = false;
  let wake: () => void = () => {};

  async function run(): Promise<void> {
    while (!stopped) {
      const asleep = sleeper();
      try {
        const messages = await receive(batchSize);
        if (messages.length === 0) await asleep.until(queue.nextVisibleAt());
        else await settle([...messages, ...(await gather(batchSize - messages.length))]);
      } catch (error) {
        consumption.onError(error, `pump of ${queue.name}`);
        await asleep.until(consumption.now() + pauseMilliseconds);
      }
      asleep.dispose();
    }
  }

  const receive = (most: number) => queue.receive({ max: Math.min(most, MESSAGE_LIMITS.received) });

  /** Up to `most` messages that come before the window ends, or the pump is to stop. */
  async function gather(most: number): Promise<ReceivedMessage[]> {
    const until = consumption.now() + windowSeconds * 1000;
    const gathered: ReceivedMessage[] = [];
    while (!stopped && gathered.length < most && consumption.now() < until) {
      const asleep = sleeper();
      const messages = await receive(most - gathered.length);
      gathered.push(...messages);
      if (messages.length === 0) await asleep.until(Math.min(until, queue.nextVisibleAt() ?? until));
      asleep.dispose();
    }
    return gathered;
  }

  async function settle(messages: readonly ReceivedMessage[]): Promise<void> {
    const failed = await consumption.handle(messages).catch((error: unknown) => {
      consumption.onError(error, `consumer of ${queue.name}`);
      return new Set(messages.map((message) => message.id));
    });
    for (const message of messages) {
      if (failed.has(message.id)) await queue.release(message.receipt, retrySeconds(message.receives));
      else await queue.acknowledge(message.receipt);
    }
  }

  /** Create it before the queue is read, so that a message sent in between is not missed. */
  function sleeper() {
    let timer: NodeJS.Timeout | undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    return {
      until(visibleAt: number | undefined): Promise<void> {
        if (visibleAt !== undefined) {
          timer = setTimeout(wake, Math.min(LONGEST_TIMER, Math.max(1, visibleAt - consumption.now())));
        }
        return woken;
      },
      dispose: () => clearTimeout(timer),
    };
  }

  const unwatch = consumption.watch(() => wake());
  const running = run();
  return {
    async stop() {
      stopped = true;
      unwatch();
      wake();
      await running;
    },
  };
}
