/** What a data folder holds, as the build that wrote it sees it. */

export interface Person {
  readonly username: string;
  readonly password: string;
  readonly access_token: string;
  readonly refresh_token: string;
  /** Answers to GET requests about records that no longer change, by path. */
  readonly answers: Readonly<Record<string, unknown>>;
}

/** A request that may be sent again with the same `Idempotency-Key`, and its answer. */
export interface Repeatable {
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
  readonly answer: unknown;
}

/** What a running host leaves when it is killed. */
export interface BeforeKill {
  /** Owns everything below. */
  readonly ada: Person;
  /** Owns one dataset, which is ready. */
  readonly grace: Person;
  readonly model: {
    readonly id: string;
    readonly sha256: string;
    readonly inputs: readonly unknown[];
    readonly predictions: unknown;
  };
  readonly repeatable: Repeatable;
  readonly runningJob: string;
  /** A multipart upload: its only part is there, but it was not completed. */
  readonly upload: { readonly id: string; readonly file: string; readonly part_url: string; readonly etag: string };
  /** A message that no consumer can read. */
  readonly deadMessage: string;
}

/** What a process leaves that is killed between two steps. */
export interface BetweenSteps {
  /** Processing; its message is in the queue. */
  readonly queuedDataset: string;
  /** Processing; its message was never sent. */
  readonly unsentDataset: string;
  /** Queued; its message is in the queue. */
  readonly queuedJob: string;
  /** Queued; its message was never sent. */
  readonly unsentJob: string;
  /** The id of an event in the outbox. Its dataset is ready, and the message that said to process it is in flight. */
  readonly unpublishedEvent: string;
  /** A dataset that is ready, and why its event was dead-lettered. */
  readonly deadLettered: { readonly dataset: string; readonly reason: string };
  /** The prefix of a deleted dataset's files, which are still there. */
  readonly deletedFiles: string;
  /** The prefix of a file whose dataset was never written. */
  readonly abandonedFiles: string;
  /** A data key, in Base64. */
  readonly dataKey: { readonly plaintext: string; readonly wrapped: string; readonly context: Record<string, string> };
}

export interface Manifest extends BeforeKill, BetweenSteps {
  /** RFC 3339. */
  readonly writtenAt: string;
}
