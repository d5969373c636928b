import { InternalError } from '#domain/errors.ts';
import type { Database } from './database.ts';

/** Incremented with every change of the tables below. */
const VERSION = 5;

const MESSAGES_BY_GROUP = 'CREATE INDEX messages_by_group ON messages (queue, message_group, visible_at);';

/** The migrations from each version to the next: the first is from 1 to 2. */
const MIGRATIONS = [
  'ALTER TABLE messages ADD COLUMN reason TEXT;',
  // The first account is the operator's; see `layers/domain/accounts/operator.ts`.
  `INSERT OR IGNORE INTO items (pk, sk, body)
   SELECT 'OPERATOR', 'OPERATOR', json_object('pk', 'OPERATOR', 'sk', 'OPERATOR', 'account_id', body ->> 'id')
   FROM items WHERE sk = 'ACCOUNT' ORDER BY body ->> 'created_at' LIMIT 1;`,
  // Messages that wait belong to their account's group, like those that are sent from now on.
  `ALTER TABLE messages ADD COLUMN message_group TEXT;
   UPDATE messages SET message_group = json_extract(body, '$.account_id')
   WHERE queue IN ('datasets', 'training') AND json_valid(body);
   ${MESSAGES_BY_GROUP}`,
  // What ended under an earlier release gets its place in the index, by which it is deleted one day.
  `ALTER TABLE parts ADD COLUMN sums TEXT;
   ${[
     ['JOB', 'ENDED'],
     ['BATCH', 'ENDEDBATCHES'],
     ['SWEEP', 'ENDEDSWEEPS'],
   ]
     .map(
       ([kind, place]) => `
   UPDATE items SET ipk = '${place}', isk = body ->> 'ended_at',
     body = json_set(body, '$.ipk', '${place}', '$.isk', body ->> 'ended_at')
   WHERE sk >= '${kind}#' AND sk < '${kind}$' AND pk >= 'ACCOUNT#' AND pk < 'ACCOUNT$' AND instr(substr(pk, 9), '#') = 0
     AND ipk IS NULL AND body ->> 'ended_at' IS NOT NULL;`,
     )
     .join('')}`,
];

/**
 * Text compares by SQLite's BINARY collation, by its UTF-8 bytes: the order of DynamoDB.
 * A blob is a row that lists content files; only a row makes content visible.
 */
const TABLES = `
CREATE TABLE items (
  pk TEXT NOT NULL, sk TEXT NOT NULL, body TEXT NOT NULL, ipk TEXT, isk TEXT, expires_at REAL,
  UNIQUE (pk, sk)
) STRICT;
CREATE INDEX items_by_index ON items (ipk, isk, pk, sk) WHERE ipk IS NOT NULL;
CREATE INDEX items_by_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE tokens (token TEXT PRIMARY KEY, hash TEXT NOT NULL, expires_at REAL NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
  bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, content_type TEXT NOT NULL,
  modified_at REAL NOT NULL, contents TEXT NOT NULL,
  UNIQUE (bucket, key)
) STRICT;
CREATE TABLE uploads (
  id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, content_type TEXT NOT NULL, started_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE parts (
  upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, part INTEGER NOT NULL, content TEXT NOT NULL,
  size INTEGER NOT NULL, etag TEXT NOT NULL, sums TEXT,
  PRIMARY KEY (upload, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, queue TEXT NOT NULL, body TEXT NOT NULL, sent_at REAL NOT NULL,
  visible_at REAL NOT NULL, receives INTEGER NOT NULL DEFAULT 0, receipt TEXT, reason TEXT,
  message_group TEXT
) STRICT;
CREATE INDEX messages_by_visibility ON messages (queue, visible_at);
${MESSAGES_BY_GROUP}
CREATE UNIQUE INDEX messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE tasks (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL, job_id TEXT NOT NULL, attempt INTEGER NOT NULL,
  timeout_seconds REAL NOT NULL, state TEXT NOT NULL, submitted_at REAL NOT NULL, ended_at REAL,
  process TEXT, stop_reason TEXT
) STRICT;
CREATE INDEX tasks_by_state ON tasks (state, submitted_at);
`;

/**
 * Creates the tables in a new database and migrates those of an earlier release. Throws if a newer release wrote the
 * database.
 */
export function createSchema(database: Database, file: string): void {
  const version = () => Number(database.get('PRAGMA user_version')?.user_version);
  if (version() < VERSION) {
    database.execute('BEGIN IMMEDIATE');
    // Another process may have done it in the meantime.
    const found = version();
    if (found === 0) database.execute(`${TABLES} PRAGMA user_version = ${VERSION}`);
    else if (found < VERSION)
      database.execute(`${MIGRATIONS.slice(found - 1).join('')} PRAGMA user_version = ${VERSION}`);
    database.execute('COMMIT');
  }
  if (version() > VERSION) {
    throw new InternalError(`${file} has format ${version()}; this release reads up to ${VERSION}`);
  }
}
