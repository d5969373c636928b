import type { Table } from '#domain/ports/table/port.ts';
import type { SurfaceName } from '#infra/topology.ts';
import type { Scheduled } from './run-schedule.ts';

/** What the cases need to know about the host of a platform: one machine, or a deployment. */
export interface World {
  /** Of the platform surface, without a trailing slash. */
  readonly base: string;
  /** Of every surface, without a trailing slash. */
  readonly bases: Readonly<Record<SurfaceName, string>>;
  /** Of this test file alone. */
  readonly folder: string;
  /** Between two polls of a status. */
  readonly pollMilliseconds: number;
  /** The largest size of one request in bytes. */
  readonly requestBytes: number;
  /** Whether webhooks may be delivered to this machine. */
  readonly webhooksToLoopback: boolean;
  /** Makes something due in the host's table, and runs the function of a schedule at once. */
  runSchedule(name: Scheduled, makeDue?: (table: Table) => Promise<unknown>): Promise<void>;
}
