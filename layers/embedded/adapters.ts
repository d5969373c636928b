/** The options of the embedded implementation, and what it offers beyond the six ports. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import type { Queue, QueueName } from '#domain/ports/queue/port.ts';
import type { MemoryLimits } from './compute/memory.ts';
import type { DiskSpaceOptions } from './disk-space.ts';

export interface QueueSettings {
  /** How long a received message stays hidden from others, 0–43200 s. */
  readonly visibilitySeconds: number;
  /** After this many deliveries a message goes to the dead-letter queue, 1–1000. */
  readonly maxReceives: number;
  /** How many messages of one group may be in flight at once; its others wait. Default: any number. */
  readonly groupInFlight?: number;
}

export interface EmbeddedOptions {
  /** The data folder; created if absent, with mode 0700. */
  readonly dir: string;
  /** Where the host's HTTP listener answers, such as `http://127.0.0.1:8000`; presigned URLs begin with it. */
  readonly baseUrl: string | (() => string);
  /** Every queue by name, `datasets` and `training` among them. Each gets a dead-letter queue of its own. */
  readonly queues: Readonly<Record<QueueName, QueueSettings>> & Readonly<Record<string, QueueSettings>>;
  /** A folder for the second location of backups. Default: none. */
  readonly backupCopies?: string | undefined;
  /** The bus's own queue. Default: 60 s, 10 deliveries. */
  readonly bus?: QueueSettings;
  /** Epoch milliseconds. Default: the clock. */
  readonly now?: () => number;
  /** Whether missing keys of a folder with accounts are made anew. Default: no, that is an error. */
  readonly newKeys?: boolean;
  /** How the space on the disk is looked at. */
  readonly space?: DiskSpaceOptions;
}

export interface ComputeCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a trainer that loads, and then reads from its standard input what its task is. */
export interface StandbyCommand {
  readonly command: ComputeCommand;
  /** What it reads, without a line break. */
  readonly line: (task: ComputeTask) => string;
}

export interface LogLine {
  /** Absent while a trainer waits for one. */
  readonly task: ComputeTask | undefined;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export interface EmbeddedHostOptions extends EmbeddedOptions {
  /** How to start a trainer. Its standard input stays open as long as the host runs. */
  readonly computeCommand: (task: ComputeTask) => ComputeCommand;
  /** How to start a trainer before there is a task. Default: none is. */
  readonly standby?: StandbyCommand;
  /** Receives what the trainers print, line by line. Default: dropped. */
  readonly log?: (line: LogLine) => void;
  /**
   * How many trainers run at the same time; one account has at most one fewer, if there are several. Other tasks wait, and
   * accounts take turns. Default: as many as there are cores, at least 2.
   */
  readonly maxTasks?: number;
  /** Of the memory that trainers take. Default: none. */
  readonly memory?: MemoryLimits;
  /** Milliseconds of a clock that never goes back. Default: that of the process. */
  readonly monotonic?: () => number;
  /** Between SIGTERM and SIGKILL, for a trainer to save a checkpoint. Default: 10 s. */
  readonly graceSeconds?: number;
}

export interface EmbeddedQueue extends Queue {
  readonly name: string;
  /** Epoch milliseconds at which the next message can, or could, be received; undefined when the queue is empty. */
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
   * Calls the listener after every write: at once for writes of this instance, within 200 ms for those of other
   * processes. With this and `nextVisibleAt` a consumer need not poll. Returns a function that stops it.
   */
  watch(listener: () => void): () => void;
  /**
   * Answers presigned URLs; false, having touched nothing, where the request is not for one. `body` reads the request's
   * body, with a timeout of the caller's. Default: the request itself.
   */
  servePresigned(
    request: IncomingMessage,
    response: ServerResponse,
    body?: () => AsyncIterable<Uint8Array>,
  ): Promise<true> | false;
  close(): Promise<void>;
}

export interface PurgeCounts {
  readonly items: number;
  readonly counters: number;
  readonly tokens: number;
  readonly tasks: number;
  readonly deadLetters: number;
  readonly uploads: number;
}

/**
 * The adapters, and what only the host of the folder does. Closing it also stops the trainers and unlocks the folder.
 */
export interface EmbeddedHost extends EmbeddedAdapters {
  /** Kills trainers that a lost host left running, reports them as `host_lost`, then starts to run pending tasks. */
  startCompute(): Promise<void>;
  /** A task is likely to come soon: a trainer is started that waits for it, unless one waits already. */
  expectTask(): void;
  /**
   * Looks whether the clock has gone back since the last call, and if so moves back what waits for a time. Resolves with by
   * how many milliseconds it has. Call it every few seconds.
   */
  correctClock(): Promise<number>;
  /** Of the disk that the folder is on. */
  freeBytes(): number;
  /** Removes expired items and idempotency tokens, ended tasks, old dead letters and abandoned uploads. Call it from time to time. */
  purge(): Promise<PurgeCounts>;
}
