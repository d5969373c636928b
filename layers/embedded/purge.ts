import type { PurgeCounts } from './adapters.ts';
import type { Uploads } from './blobs/uploads.ts';
import type { Database } from './database.ts';
import { DEAD_LETTERS } from './queue/queue.ts';

/** Rows removed in one transaction, so that no other write waits long. */
const BATCH = 500;
/** How long ended tasks stay known and uploads may be completed: a week. */
const RETENTION_MILLISECONDS = 7 * 24 * 3600 * 1000;
/** How long dead letters are stored after they were sent: as long as SQS stores them. */
const DEAD_LETTER_MILLISECONDS = 14 * 24 * 3600 * 1000;

export interface Purged {
  readonly database: Database;
  readonly counters: Database;
  readonly uploads: Uploads;
}

/** `now` in epoch milliseconds. What has expired counts as absent already; this frees its space. */
export async function purge({ database, counters, uploads }: Purged, now: number): Promise<PurgeCounts> {
  const since = now - RETENTION_MILLISECONDS;
  return {
    items: await inBatches(
      database,
      'DELETE FROM items WHERE rowid IN (SELECT rowid FROM items WHERE expires_at <= ? LIMIT ?)',
      now / 1000,
    ),
    counters: await inBatches(
      counters,
      'DELETE FROM counters WHERE (pk, sk, name) IN (SELECT pk, sk, name FROM counters WHERE expires_at <= ? LIMIT ?)',
      now / 1000,
    ),
    tokens: await inBatches(
      database,
      'DELETE FROM tokens WHERE token IN (SELECT token FROM tokens WHERE expires_at <= ? LIMIT ?)',
      now / 1000,
    ),
    tasks: await inBatches(
      database,
      'DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE ended_at <= ? LIMIT ?)',
      since,
    ),
    deadLetters: await inBatches(
      database,
      `DELETE FROM messages WHERE number IN (
         SELECT number FROM messages WHERE queue LIKE '%${DEAD_LETTERS}' AND sent_at <= ? LIMIT ?)`,
      now - DEAD_LETTER_MILLISECONDS,
    ),
    uploads: await uploads.abandon(since),
  };
}

async function inBatches(database: Database, sql: string, until: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await database.write(() => database.run(sql, until, BATCH));
    removed += count;
    if (count < BATCH) return removed;
  }
}
