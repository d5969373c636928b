/**
 * The Table port on SQLite: a put and a consistent read of each of a thousand rows. The peer is what one would write by
 * hand on the same engine with the same durability: a prepared statement, one transaction and one fsync a row.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Table } from '#domain/ports/table/port.ts';
import { Database } from '#embedded/database.ts';
import { openEmbedded } from '#embedded/open.ts';
import { alternate, type Bench } from '../bench.ts';

const ROWS = 1000;
const ROUNDS = 5;

const item = (n: number) => ({ pk: 'ACCOUNT#1', sk: `JOB#${n}`, state: 'running', progress: n / ROWS, name: 'a job' });

/** As requests come in: all of them under way at once. */
async function together(table: Table): Promise<void> {
  await Promise.all(
    Array.from({ length: ROWS }, async (_, n) => {
      await table.put(item(n));
      await table.get(item(n));
    }),
  );
}

/** As one caller that waits for each answer. */
async function oneByOne(table: Table): Promise<void> {
  for (let n = 0; n < ROWS; n += 1) {
    await table.put(item(n));
    await table.get(item(n));
  }
}

function byHand(path: string) {
  const database = new Database(path);
  database.execute('PRAGMA journal_mode = WAL; CREATE TABLE rows (pk TEXT, sk TEXT, body TEXT, PRIMARY KEY (pk, sk))');
  const run = async () => {
    for (let n = 0; n < ROWS; n += 1) {
      const row = item(n);
      // Outside of `write`, each statement is a transaction.
      database.run('REPLACE INTO rows VALUES (?, ?, ?)', row.pk, row.sk, JSON.stringify(row));
      JSON.parse(String(database.get('SELECT body FROM rows WHERE pk = ? AND sk = ?', row.pk, row.sk)?.body));
    }
  };
  return { run, close: () => database.close() };
}

/** Rows a second. */
async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (ROWS * 1000) / (performance.now() - start);
}

const bench = (name: string, work: (table: Table) => Promise<void>): Bench => ({
  name,
  unit: 'put+get/s',
  run: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
    const settings = { visibilitySeconds: 30, maxReceives: 3 };
    const queues = {
      datasets: settings,
      training: settings,
      webhooks: settings,
      encoders: settings,
      predictions: settings,
      vault: settings,
      logs: settings,
    };
    const adapters = await openEmbedded({ dir: join(dir, 'data'), baseUrl: 'http://127.0.0.1', queues });
    const peer = byHand(join(dir, 'peer.db'));
    try {
      return await alternate(
        ROUNDS,
        () => rate(() => work(adapters.table)),
        () => rate(peer.run),
      );
    } finally {
      peer.close();
      await adapters.close();
      await rm(dir, { recursive: true });
    }
  },
});

export const benches: readonly Bench[] = [
  bench('ports/table-together', together),
  bench('ports/table-one-by-one', oneByOne),
];
