import type { ReceivedMessage } from '#domain/ports/queue/port.ts';
import type { EmbeddedQueue } from '#embedded/adapters.ts';

export interface Consumption {
  readonly queue: EmbeddedQueue;
  readonly batchSize: number;
  /** Handles a batch; resolves with the ids of the messages that failed. Rejecting fails all of them. */
  readonly handle: (messages: readonly ReceivedMessage[]) => Promise<ReadonlySet<string>>;
  /** Calls back when there may be a new message; returns how to stop. */
  readonly watch: (listener: () => void) => () => void;
  readonly now: () => number;
  /** After an error of the queue itself. Default: a second. */
  readonly pauseMilliseconds?: number;
  /** How long a message that failed waits for its next delivery. Default: `backoffSeconds`. */
  readonly retrySeconds?: (receives: number) => number;
  readonly onError: (error: unknown, where: string) => void;
}

export interface Pump {
  /** Takes no further message and resolves when those in hand are settled. */
  stop(): Promise<void>;
}

/** 1, 2, 4 … 60 s. */
const backoffSeconds = (receives: number): number => Math.min(60, 2 ** (receives - 1));

/** How long a queue that cannot be read or written, such as on a full disk, is left alone. */
const PAUSE_MILLISECONDS = 1000;

/** The longest timer that Node.js takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Moves messages from a queue to their consumer, a batch at a time, for as long as there are any; then sleeps until a
 * message is sent or becomes visible. Failed messages are released with a growing delay; the queue itself moves them
 * to its dead-letter queue after the deliveries that it allows.
 */
export function pump(consumption: Consumption): Pump {
  const { queue, retrySeconds = backoffSeconds, pauseMilliseconds = PAUSE_MILLISECONDS } = consumption;
  let stopped = false;
  let wake: () => void = () => {};

  async function run(): Promise<void> {
    while (!stopped) {
      const asleep = sleeper();
      try {
        const messages = await queue.receive({ max: consumption.batchSize });
        if (messages.length === 0) await asleep.until(queue.nextVisibleAt());
        else await settle(messages);
      } catch (error) {
        consumption.onError(error, `pump of ${queue.name}`);
        await asleep.until(consumption.now() + pauseMilliseconds);
      }
      asleep.dispose();
    }
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

  /** Made before the queue is read, so that a message sent in between is not slept through. */
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
