/**
 * What the domain needs from the world: six ports. Each has an implementation on AWS and one on a single machine, and
 * one conformance suite (`test/conformance/`) that both pass.
 *
 * Vendor exceptions never cross a port: an implementation throws the errors declared in `port-errors.ts` or an
 * `UnavailableError`.
 */
import type { Readable } from 'node:stream';
import type { JWK } from './jwk.ts';

// ── Table ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** `pk` 1–2048 bytes, `sk` 1–1024 bytes of UTF-8; within a partition items are ordered by the bytes of `sk`. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * A record: its key, JSON attributes, and three attributes with a meaning:
 * `expiresAt` (epoch seconds) from which on the item does not exist any more; `ipk` and `isk`, its place in the sparse
 * index `byIndex` (an item without `ipk` is not in it). At most 400 KB by DynamoDB's own way of counting.
 */
export type Item = Key & {
  readonly ipk?: string;
  readonly isk?: string;
  readonly expiresAt?: number;
  readonly [attribute: string]: Json | undefined;
};

/** What must hold of the item as it is before the write. An expired item is absent. */
export type Condition =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' }
  | {
      readonly kind: 'compare';
      readonly attribute: string;
      readonly op: '=' | '<>' | '<' | '<=' | '>' | '>=';
      readonly value: string | number | boolean;
    }
  | { readonly kind: 'oneOf'; readonly attribute: string; readonly values: readonly (string | number)[] }
  /** The attribute is missing (or the whole item is). */
  | { readonly kind: 'missing'; readonly attribute: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] };

/** A change to some attributes; the item is created if it is absent. `add` takes whole numbers and counts from 0 where the attribute is missing. */
export interface Change {
  readonly set?: { readonly [attribute: string]: Json };
  readonly add?: { readonly [attribute: string]: number };
  readonly remove?: readonly string[];
}

export type Write =
  | { readonly kind: 'put'; readonly item: Item; readonly condition?: Condition }
  | { readonly kind: 'update'; readonly key: Key; readonly change: Change; readonly condition?: Condition }
  | { readonly kind: 'delete'; readonly key: Key; readonly condition?: Condition }
  | { readonly kind: 'check'; readonly key: Key; readonly condition: Condition };

export interface Query {
  /** Which order: the table's own (`pk`, `sk`) or the sparse index (`ipk`, `isk`). Default: the table's own. */
  readonly index?: 'byIndex';
  readonly partition: string;
  /** Only sort keys that begin with this. */
  readonly prefix?: string;
  /** Only sort keys from here (inclusive) up to there (inclusive). Not together with `prefix`. */
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'ascending' | 'descending';
  /** At most this many items, 1–1000. A page may be shorter and still have a cursor. */
  readonly limit: number;
  /** From an earlier page of the same query. A cursor that is not ours is an `InvalidCursorError`. */
  readonly cursor?: string;
}

export interface Page {
  readonly items: readonly Item[];
  /** Present while there may be more. */
  readonly cursor?: string;
}

export interface Table {
  /** Reads what the last acknowledged write left. */
  get(key: Key): Promise<Item | undefined>;
  query(query: Query): Promise<Page>;
  /** Replaces the whole item. Throws `ConditionFailedError`, `InvalidItemError`. */
  put(item: Item, condition?: Condition): Promise<void>;
  /** Resolves with the item as it is after the change. Throws `ConditionFailedError`, `InvalidItemError`. */
  update(key: Key, change: Change, condition?: Condition): Promise<Item>;
  /** Deleting what is absent succeeds. Throws `ConditionFailedError`. */
  delete(key: Key, condition?: Condition): Promise<void>;
  /**
   * All or nothing, 1–100 writes to different items (99 with a token). With a token, the same call within ten minutes is done once;
   * another call with that token is an `IdempotencyMismatchError`. Throws `TransactionFailedError`, which tells which
   * writes' conditions failed.
   */
  transact(writes: readonly Write[], token?: string): Promise<void>;
}

// ── Blobs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface BlobInfo {
  readonly key: string;
  readonly size: number;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  readonly contentType: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** What a listing says of a blob: S3 does not tell the content type there. */
export type BlobEntry = Omit<BlobInfo, 'contentType'>;

export interface UploadPart {
  /** 1–10000. */
  readonly part: number;
  readonly etag: string;
}

export interface PartToPut {
  /** 1–10000. */
  readonly part: number;
  /** As many as will be put, and no others: 1 to 5 GiB. */
  readonly bytes: number;
}

/** One bucket. A key is 1–1024 bytes of UTF-8; what is written becomes visible as a whole or not at all. */
export interface Blobs {
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: { contentType?: string }): Promise<BlobInfo>;
  head(key: string): Promise<BlobInfo | undefined>;
  /** `start` and `end` are inclusive byte positions, as in HTTP. Throws `BlobNotFoundError`, `InvalidRangeError`. */
  get(key: string, range?: { start: number; end?: number }): Promise<{ info: BlobInfo; body: Readable }>;
  /** Deleting what is absent succeeds. */
  delete(key: string): Promise<void>;
  /** In the byte order of the keys. `limit` 1–1000. */
  list(
    prefix: string,
    options?: { limit?: number; cursor?: string },
  ): Promise<{ blobs: readonly BlobEntry[]; cursor?: string }>;
  /** A URL that anyone may GET until it expires. */
  presignGet(
    key: string,
    options: { expiresInSeconds: number; filename?: string; contentType?: string },
  ): Promise<string>;

  /** Multipart: parts of at least 5 MiB (but the last), put to presigned URLs in any order; the answer's ETag header is the part's etag. */
  startUpload(key: string, options?: { contentType?: string }): Promise<string>;
  /** A URL for each part, in their order, that takes just as many bytes: others are answered 403. Throws `InvalidUploadError`. */
  presignParts(
    key: string,
    uploadId: string,
    parts: readonly PartToPut[],
    expiresInSeconds: number,
  ): Promise<readonly string[]>;
  completeUpload(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<BlobInfo>;
  abortUpload(key: string, uploadId: string): Promise<void>;
}

// ── Queue ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  bury(body: string, reason: string): Promise<void>;
  /** Makes the message visible again after `delaySeconds` (0: at once). */
  release(receipt: string, delaySeconds: number): Promise<void>;
}

// ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface OutgoingEvent {
  /** Such as `dataset.processed`. */
  readonly type: string;
  readonly account: string;
  readonly detail: { readonly [name: string]: Json };
}

/** The bus. Which rule sends what where stands in the topology. */
export interface Events {
  /** Resolves once all are durable. At most ten at once, 256 KiB together. */
  publish(...events: readonly OutgoingEvent[]): Promise<void>;
}

// ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Authenticated with what it encrypts: a data key opens only with the same context. */
export type EncryptionContext = { readonly [name: string]: string };

export interface Keys {
  /** ES256 (ECDSA on P-256 with SHA-256): the 64 bytes r‖s. `kid` names the key that signed. */
  sign(message: Uint8Array): Promise<{ kid: string; signature: Uint8Array }>;
  /** The public keys whose signatures still count, each with `kid` and `alg`. */
  publicKeys(): Promise<readonly JWK[]>;
  /** A fresh 256-bit key, in the clear and wrapped. */
  generateDataKey(context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }>;
  /** Throws `InvalidCiphertextError` where the bytes or the context are not the ones wrapped. */
  unwrapDataKey(wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
}

// ── Compute ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ComputeTask {
  /** Chosen by the caller; submitting it again while it is known starts nothing new. 1–128 of [A-Za-z0-9_-]. */
  readonly id: string;
  readonly accountId: string;
  readonly jobId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly timeoutSeconds: number;
  /** Where to run it, for an implementation that has more than one place. Default: `cpu`. */
  readonly target?: ComputeTarget;
}

/** A function for what takes minutes at most; containers, on a processor or with a GPU, for everything else. */
export const COMPUTE_TARGETS = ['function', 'cpu', 'gpu'] as const;
export type ComputeTarget = (typeof COMPUTE_TARGETS)[number];

/**
 * `pending`: in line behind others, or about to begin. `unplaced`: nothing is ahead of it, and there is no machine for it;
 * one may be on its way, or there may never be one.
 */
export type ComputeState = 'pending' | 'unplaced' | 'running' | 'succeeded' | 'failed' | 'unknown';

/**
 * Runs a trainer for a job. When a task has ended, for whatever reason, `compute.stopped` appears on the bus with
 * `{ task, job_id, attempt, exit_code, reason }` (`exit_code` null where a signal or a lost host ended it), and with
 * `failure` where trying again is no use.
 */
export interface Compute {
  submit(task: ComputeTask): Promise<void>;
  /** SIGTERM, then SIGKILL. Terminating what has ended, or was never there, succeeds. */
  terminate(id: string, reason: string): Promise<void>;
  describe(id: string): Promise<ComputeState>;
}

// ── All of them ─────────────────────────────────────────────────────────────────────────────────────────────────────

export const BUCKETS = ['datasets', 'artifacts'] as const;
export type BucketName = (typeof BUCKETS)[number];
export const QUEUES = ['datasets', 'training'] as const;
export type QueueName = (typeof QUEUES)[number];

/** The world, as handlers get it. */
export interface Adapters {
  readonly table: Table;
  readonly blobs: Readonly<Record<BucketName, Blobs>>;
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly events: Events;
  readonly keys: Keys;
  readonly compute: Compute;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
