/**
 * The six ports of the domain. Each has an implementation on AWS and one on a single machine, and one conformance suite
 * (`test/conformance/`) that both pass.
 *
 * Vendor exceptions never cross a port: an implementation throws the errors declared in `errors.ts` or an
 * `UnavailableError`.
 */
import type { Blobs, BlobsWithoutUrls, BucketName } from './blobs/port.ts';
import type { Compute } from './compute/port.ts';
import type { Events } from './events/port.ts';
import type { Keys } from './keys/port.ts';
import type { Queue, QueueName } from './queue/port.ts';
import type { Table } from './table/port.ts';

/** The implementations of the ports, and the clock, as handlers get them. */
export interface Adapters {
  readonly table: Table;
  readonly blobs: Readonly<Record<BucketName, Blobs>>;
  /** A second location, to which backups are copied, where the installation has one. */
  readonly backupCopies?: BlobsWithoutUrls | undefined;
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly events: Events;
  readonly keys: Keys;
  readonly compute: Compute;
  /**
   * What registers the first account of an installation where registration is not open to all; `undefined` if nothing does.
   * Absent where registration is open.
   */
  readonly bootstrapToken?: (() => Promise<string | undefined>) | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
