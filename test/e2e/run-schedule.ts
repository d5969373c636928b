/**
 * A schedule on one machine, beside the host that serves the folder, as the host would run it. What it hands on is done here
 * as well, unless the host does it.
 */
import type { Table } from '#domain/ports/table/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeHandler as backUpVaults } from '#functions/events/back-up-vaults.ts';
import { makeHandler as checkDrift } from '#functions/events/check-drift.ts';
import { makeHandler as runVaultJob } from '#functions/events/run-vault-job.ts';
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
    const options = { settings: parseSettings({}), logger };
    await programs[name](permitted(name, store), options)();
    await runJobs(store, options);
  } finally {
    await store.close();
  }
  if (failed.length > 0) throw new AggregateError(failed, 'the schedule logged errors');
}

async function runJobs(store: Awaited<ReturnType<typeof openEmbedded>>, options: Parameters<typeof runVaultJob>[1]) {
  const { vault } = store.queues;
  const handle = runVaultJob(permitted('run-vault-job', store), options);
  for (;;) {
    const [message] = await vault.receive({ max: 1 });
    if (message === undefined) return;
    const { id: messageId, body, receives } = message;
    const attributes = { ApproximateReceiveCount: String(receives) };
    const record = { messageId, body, attributes, eventSourceARN: 'arn:aws:sqs:local:0:vault' };
    const event = { Records: [record] } as unknown as Parameters<typeof handle>[0];
    await handle(event, { getRemainingTimeInMillis: () => 900_000 });
    await vault.acknowledge(message.receipt);
  }
}
