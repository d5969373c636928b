/**
 * Deletes an account in an embedded store and is killed as it makes a write. Arguments: the folder, the account, the time
 * in epoch milliseconds, and which write: those of the table and the buckets are counted together.
 */
import { closeAccount } from '#domain/accounts/deletion/close.ts';
import { endAccess, purge } from '#domain/accounts/deletion/purge.ts';
import { openEmbedded } from '#embedded/open.ts';
import { everyQueue } from '#test/queues.ts';
import { replacing } from './world.ts';

const [dir = '', accountId = '', time, fatal] = process.argv.slice(2);
const queue = { visibilitySeconds: 60, maxReceives: 5 };
const store = await openEmbedded({
  dir,
  baseUrl: 'http://127.0.0.1:1',
  queues: everyQueue(queue),
  now: () => Number(time),
});
let writes = 0;
const counting =
  <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    writes += 1;
    if (writes === Number(fatal)) {
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    }
    return write(...args);
  };
const { table, blobs } = store;
const writing = replacing(table, {
  update: counting(table.update.bind(table)),
  delete: counting(table.delete.bind(table)),
  deleteCounters: counting(table.deleteCounters.bind(table)),
  transact: counting(table.transact.bind(table)),
});
const buckets = {
  datasets: replacing(blobs.datasets, { delete: counting(blobs.datasets.delete.bind(blobs.datasets)) }),
  artifacts: replacing(blobs.artifacts, { delete: counting(blobs.artifacts.delete.bind(blobs.artifacts)) }),
  backups: replacing(blobs.backups, { delete: counting(blobs.backups.delete.bind(blobs.backups)) }),
};
const closed = await closeAccount(writing, accountId, { now: Number(time), tokenSeconds: 60 });
await endAccess(writing, closed);
await purge({ ...store, table: writing, blobs: buckets }, closed, 1_000_000);
console.log(writes);
await store.close();
