/** What the embedded implementation is opened with, and what it gives beyond the six ports. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import type { Queue, QueueName } from '#domain/ports/queue/port.ts';

export interface QueueSettings {
  /** How long a received message stays hidden from others, 0–43200 s. */
  readonly visibilitySeconds: number;
  /** After this many deliveries a message goes to the dead-letter queue, 1–1000. */
  readonly maxReceives: number;
}

export interface EmbeddedOptions {
  /** The data folder; created if it is absent, and readable to nobody else (mode 0700). */
  readonly dir: string;
  /** Where the host's HTTP listener answers, such as `http://127.0.0.1:8000`; presigned URLs begin with it. */
  readonly baseUrl: string | (() => string);
  /** Every queue by name, `datasets` and `training` among them. Each gets a dead-letter queue of its own. */
  readonly queues: Readonly<Record<QueueName, QueueSettings>> & Readonly<Record<string, QueueSettings>>;
  /** The bus's own queue. Default: 60 s, 10 deliveries. */
  readonly bus?: QueueSettings;
  /** Epoch milliseconds. Default: the clock. */
  readonly now?: () => number;
}

export interface ComputeCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly task: ComputeTask;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export interface EmbeddedHostOptions extends EmbeddedOptions {
  /** How the trainer is started. Its standard input stays open as long as the host lives, and ends when it dies. */
  readonly computeCommand: (task: ComputeTask) => ComputeCommand;
  /** What the trainers print, line by line. Default: dropped. */
  readonly log?: (line: LogLine) => void;
  /** How many trainers run at the same time; the others wait. Default: one fewer than there are cores, at least 1. */
  readonly maxTasks?: number;
  /** Between SIGTERM and SIGKILL; a trainer leaves a checkpoint in between. Default: 10 s. */
  readonly graceSeconds?: number;
}

export interface EmbeddedQueue extends Queue {
  readonly name: string;
  /** Epoch milliseconds at which the earliest message is, or was, visible; undefined when the queue is empty. */
  nextVisibleAt(): number | undefined;
  /** Messages waiting (visible or delayed) and in flight (received and hidden). */
  counts(): { waiting: number; inFlight: number };
}

export interface DeadLetterQueue extends EmbeddedQueue {
  /** Sends up to `max` messages (default: all) back to the queue they came from; resolves with how many. */
  redrive(max?: number): Promise<number>;
}

/**
 * The six ports on one folder. Any number of processes and threads may have the same folder open; only one of them is
 * the host (`openEmbeddedHost`), and only the host starts trainers.
 */
export interface EmbeddedAdapters extends Adapters {
  /** Every queue by name, the bus's (`bus`) included. */
  readonly queuesByName: ReadonlyMap<string, EmbeddedQueue>;
  /** The dead-letter queue of each queue, by the name of that queue. */
  readonly deadLetters: ReadonlyMap<string, DeadLetterQueue>;
  /**
   * Calls back after something was written that may have made work: at once for writes of this instance, within
   * 200 ms for those of other processes. Together with `nextVisibleAt` a pump need not poll. Returns how to stop.
   */
  watch(listener: () => void): () => void;
  /** Answers presigned URLs; resolves with false, having touched nothing, where the request is not for one. */
  servePresigned(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  close(): Promise<void>;
}

export interface PurgeCounts {
  readonly items: number;
  readonly tokens: number;
  readonly tasks: number;
  readonly uploads: number;
}

/** The adapters, and what only the host of the folder does. Closing it also stops the trainers and frees the folder. */
export interface EmbeddedHost extends EmbeddedAdapters {
  /** Ends what a lost host left running, reports it as `host_lost`, then runs what is pending from now on. */
  startCompute(): Promise<void>;
  /** Removes what has expired: items, idempotency tokens, ended tasks and abandoned uploads. Call it now and then. */
  purge(): Promise<PurgeCounts>;
}
