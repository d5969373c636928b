import { hourCounter } from '#domain/accounts/usage/calls.ts';
import type { Database, Row } from '../database.ts';

/** There are few of them: an index by expiry would double what a count writes. */
const TABLE = `
CREATE TABLE counters (
  pk TEXT NOT NULL, sk TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, expires_at REAL NOT NULL,
  PRIMARY KEY (pk, sk, name)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
`;

/** Earlier releases counted an hour's requests in an item: `RATE#account#ID#HOUR` or `RATE#address#ADDRESS#HOUR`. */
const IN_ITEMS = `
SELECT pk, sk, body ->> 'count' AS count, expires_at FROM items
WHERE pk >= 'RATE#' AND pk < 'RATE$' AND body ->> 'count' IS NOT NULL AND expires_at IS NOT NULL`;

const HOUR_MILLISECONDS = 3_600_000;

/** Creates the table in a new database and moves the counts of an earlier release there, so that no limit is reset. */
export function createCounters(counters: Database, items: Database): void {
  const isNew = () => Number(counters.get('PRAGMA user_version')?.user_version) === 0;
  if (!isNew()) return;
  counters.execute('BEGIN IMMEDIATE');
  // Another process may have done it in the meantime.
  if (isNew()) {
    counters.execute(TABLE);
    for (const row of items.all(IN_ITEMS)) {
      const { key, name, expiresAt } = placeOf(row);
      counters.run('INSERT INTO counters VALUES (?, ?, ?, ?, ?)', key.pk, key.sk, name, row.count!, expiresAt);
    }
  }
  counters.execute('COMMIT');
}

function placeOf({ pk, sk, expires_at }: Row) {
  const [, accountId, hour] = /^RATE#account#([^#]+)#(\d{1,9})$/.exec(String(pk)) ?? [];
  if (accountId !== undefined) return hourCounter(accountId, Number(hour) * HOUR_MILLISECONDS);
  return { key: { pk: String(pk), sk: String(sk) }, name: 'count', expiresAt: Number(expires_at) };
}
