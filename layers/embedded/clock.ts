/**
 * What to do when the clock of the machine goes back: messages, leases and short expiries were given times by the clock as
 * it was, and would be hidden, held and kept for as long as it was ahead.
 *
 *     12:00  a message is delayed until 12:05        the clock is set back by an hour, at 12:01
 *     11:01  it is due at 11:05: the same four minutes from now
 */
import { LEASES } from '#domain/leases.ts';
import { epochSeconds, isoTime } from '#domain/times.ts';
import type { Database, Row } from './database.ts';

export interface Clocks {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds from any moment on; it never goes back. */
  readonly monotonic: () => number;
}

/** Clocks are adjusted by less all the time. */
const TOLERANCE_MS = 2000;
/** What expires later than this is not worth moving: sessions, records of what was done. */
const SHORT_SECONDS = 3600;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Notices that the clock has gone back, in this process. */
export class ClockWatch {
  readonly #clocks: Clocks;
  #now: number;
  #monotonic: number;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#now = clocks.now();
    this.#monotonic = clocks.monotonic();
  }

  /** By how many milliseconds the clock has gone back since the last call; 0 if it has not. */
  look(): number {
    const now = this.#clocks.now();
    const monotonic = this.#clocks.monotonic();
    const expected = this.#now + (monotonic - this.#monotonic);
    this.#now = now;
    this.#monotonic = monotonic;
    return expected - now > TOLERANCE_MS ? Math.round(expected - now) : 0;
  }
}

/** By how much the clock was ahead when the messages were sent that wait: for a start, before which nobody has watched it. */
export function aheadBefore(database: Database, now: number): number {
  const latest = Number(database.get('SELECT max(sent_at) AS at FROM messages')?.at ?? 0);
  return latest - now > TOLERANCE_MS ? Math.round(latest - now) : 0;
}

/** Moves all times in the future back by so many milliseconds. Only within `Database.write`. */
export function moveBack(database: Database, milliseconds: number, now: number): void {
  database.run(
    'UPDATE messages SET visible_at = visible_at - ?1, sent_at = min(sent_at, ?2) WHERE visible_at > ?2 OR sent_at > ?2',
    milliseconds,
    now,
  );
  const until = epochSeconds(now + milliseconds) + SHORT_SECONDS;
  for (const row of database.all(AFFECTED, isoTime(now), now / 1000, until)) {
    const { body, isk, expiresAt } = moved(row, { milliseconds, now, until });
    database.run(
      'UPDATE items SET body = ?, isk = ?, expires_at = ? WHERE rowid = ?',
      body,
      isk,
      expiresAt,
      row.rowid!,
    );
  }
}

const AFFECTED = `
SELECT rowid, body, isk, expires_at FROM items
WHERE isk > ?1 OR (expires_at > ?2 AND expires_at <= ?3)
${LEASES.map((name) => `OR body ->> '${name}' > ?1`).join(' ')}`;

function moved(
  row: Row,
  { milliseconds, now, until }: { readonly milliseconds: number; readonly now: number; readonly until: number },
) {
  const item = JSON.parse(String(row.body)) as Record<string, unknown>;
  const at = isoTime(now);
  for (const name of [...LEASES, 'isk']) {
    const time = item[name];
    if (typeof time === 'string' && ISO.test(time) && time > at) item[name] = isoTime(Date.parse(time) - milliseconds);
  }
  const { expiresAt } = item;
  if (typeof expiresAt === 'number' && expiresAt > now / 1000 && expiresAt <= until) {
    item.expiresAt = expiresAt - Math.round(milliseconds / 1000);
  }
  return {
    body: JSON.stringify(item),
    isk: typeof item.isk === 'string' ? item.isk : null,
    expiresAt: typeof item.expiresAt === 'number' ? item.expiresAt : null,
  };
}
