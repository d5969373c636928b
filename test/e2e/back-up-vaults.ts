/** The vault's schedule on one machine, beside the host that serves the folder, as a thread of it would run it. */
import type { Table } from '#domain/ports/table/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeHandler } from '#functions/events/back-up-vaults.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { queueSettings } from '#infra/embedded/pumps/queues.ts';

export async function backUpVaults(
  { dir, backupCopies }: { readonly dir: string; readonly backupCopies?: string },
  makeDue: (table: Table) => Promise<unknown>,
): Promise<void> {
  const failed: unknown[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void failed.push(line) };
  const store = await openEmbedded({ dir, backupCopies, baseUrl: 'http://127.0.0.1:1', queues: queueSettings });
  try {
    await makeDue(store.table);
    await makeHandler(permitted('back-up-vaults', store), { settings: parseSettings({}), logger })();
  } finally {
    await store.close();
  }
  if (failed.length > 0) throw new AggregateError(failed, 'the schedule logged errors');
}
