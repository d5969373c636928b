/** A schedule on one machine, beside the host that serves the folder, as the host would run it. */
import type { Table } from '#domain/ports/table/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeHandler as backUpVaults } from '#functions/events/back-up-vaults.ts';
import { makeHandler as checkDrift } from '#functions/events/check-drift.ts';
import { makeHandler as sweep } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { queueSettings } from '#infra/embedded/pumps/queues.ts';

const programs = { 'back-up-vaults': backUpVaults, 'check-drift': checkDrift, sweep };
export type Scheduled = keyof typeof programs;

export async function runSchedule(
  name: Scheduled,
  { dir, backupCopies }: { readonly dir: string; readonly backupCopies?: string },
  makeDue: (table: Table) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const failed: unknown[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void failed.push(line) };
  const store = await openEmbedded({ dir, backupCopies, baseUrl: 'http://127.0.0.1:1', queues: queueSettings });
  try {
    await makeDue(store.table);
    await programs[name](permitted(name, store), { settings: parseSettings({}), logger })();
  } finally {
    await store.close();
  }
  if (failed.length > 0) throw new AggregateError(failed, 'the schedule logged errors');
}
