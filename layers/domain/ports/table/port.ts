/** Records: DynamoDB's model, on one table. */
import type { Awaitable } from '../../awaitable.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** `pk` 1–2048 bytes, `sk` 1–1024 bytes of UTF-8; within a partition items are ordered by the bytes of `sk`. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * A record: its key, JSON attributes, and three attributes with a meaning: from `expiresAt` (epoch seconds) on the item
 * counts as absent; `ipk` and `isk` are its place in the sparse index `byIndex` (an item without `ipk` is not in it).
 * At most 400 KB as DynamoDB counts. A table may return one item to several callers: then it is frozen throughout.
 */
export type Item = Key & {
  readonly ipk?: string;
  readonly isk?: string;
  readonly expiresAt?: number;
  readonly [attribute: string]: Json | undefined;
};

/** What must hold for the item before the write. An expired item is absent. */
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

export interface WriteOptions {
  /**
   * On one machine: whether a loss of power may undo it, as long as no other write of the machine has followed. It outlives
   * every process. Default: it is on the disk.
   */
  readonly relaxed?: boolean;
}

export interface Query {
  /** Query the sparse index (`ipk`, `isk`) instead of the table (`pk`, `sk`). */
  readonly index?: 'byIndex';
  readonly partition: string;
  /** Only sort keys that begin with this. */
  readonly prefix?: string;
  /** Only sort keys from `from` to `to`, both inclusive. Not together with `prefix`. */
  readonly from?: string;
  readonly to?: string;
  readonly order?: 'ascending' | 'descending';
  /** At most this many items, 1–1000. A page may be shorter and still have a cursor. */
  readonly limit: number;
  /** From an earlier page of the same query; any other is an `InvalidCursorError`. */
  readonly cursor?: string;
}

export interface Page {
  readonly items: readonly Item[];
  /** Present while there may be more. */
  readonly cursor?: string;
}

export interface Table {
  /** A strongly consistent read. An item that is at hand is returned at once, and errors are thrown at once then. */
  get(key: Key): Awaitable<Item | undefined>;
  /** What `get` finds for each of up to 100 different keys, in their order. Throws `InvalidItemError`. */
  getMany(keys: readonly Key[]): Promise<readonly (Item | undefined)[]>;
  query(query: Query): Promise<Page>;
  /** Replaces the whole item. Throws `ConditionFailedError`, `InvalidItemError`. */
  put(item: Item, condition?: Condition, options?: WriteOptions): Promise<void>;
  /** Resolves with the item as it is after the change. Throws `ConditionFailedError`, `InvalidItemError`. */
  update(key: Key, change: Change, condition?: Condition, options?: WriteOptions): Promise<Item>;
  /**
   * Adds one to a counter and returns its sum, which no concurrent caller gets too. It counts from 0 again from
   * `expiresAt` (epoch seconds) on. The counters of a key differ by name; only the methods below find them. They outlive
   * every process, but on one machine a loss of power may undo their last moments.
   *
   * With `limit`, above which the caller refuses what it counts, a sum that is well below may come a moment before it is
   * stored, and a concurrent caller may get it too. A process that is killed then loses that increment.
   * Throws `InvalidItemError`.
   */
  increment(key: Key, name: string, expiresAt: number, limit?: number): Awaitable<number>;
  /** The counters of a partition with that prefix, of up to 1,000 keys in order: an item for each key, with their sums. */
  counters(partition: string, prefix: string): Promise<readonly Item[]>;
  /** Deletes all counters of a partition. */
  deleteCounters(partition: string): Promise<void>;
  /** Deleting what is absent succeeds. Throws `ConditionFailedError`. */
  delete(key: Key, condition?: Condition, options?: WriteOptions): Promise<void>;
  /**
   * All or nothing: 1–100 writes to different items (99 with a token). Repeated with the same token within ten minutes,
   * a transaction is done once; a different one with that token is an `IdempotencyMismatchError`. Throws
   * `TransactionFailedError`, which has the writes whose conditions failed.
   */
  transact(writes: readonly Write[], token?: string, options?: WriteOptions): Promise<void>;
}
