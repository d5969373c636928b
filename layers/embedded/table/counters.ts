import { UnavailableError } from '#domain/errors.ts';
import type { Item, Key } from '#domain/ports/table/port.ts';
import type { Database } from '../database.ts';
import { afterPrefix } from './query.ts';

interface Increments {
  readonly key: Key;
  readonly name: string;
  readonly expiresAt: number;
  count: number;
}

/** What the counters were incremented to in one transaction, by place. */
type Sums = ReadonlyMap<string, number>;

/** A sum as it was written. */
interface Known {
  readonly count: number;
  readonly expiresAt: number;
}

/** Within one turn of the event loop, others do not increment a counter by the rest of its limit. */
const WELL_BELOW = 0.9;
const MOST_KNOWN = 10_000;

/** What could not be written is remembered for so many counters. */
const MOST_CARRIED = 10_000;

/**
 * The Table port's counters, in a database of their own that waits for no disk. The increments that are requested in one turn of the event
 * loop share one transaction, and those of one counter one write.
 *
 * Increments that the disk has no room for are carried in memory until it has: whoever only wants to read, delete or log in
 * must not fail because it is counted.
 */
export class Counters {
  readonly #database: Database;
  readonly #now: () => number;
  #pending = new Map<string, Increments>();
  #carried = new Map<string, Increments>();
  #writing: Promise<Sums> | undefined;
  /** What was written last, by place, as long as nobody else writes. */
  readonly #known = new Map<string, Known>();
  #knownVersion = 0;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * With a limit, a sum that is well below it is returned before it is written, at the end of this turn of the event loop:
   * whoever only asks whether the limit is reached need not wait for that.
   */
  async increment(key: Key, name: string, expiresAt: number, limit = 0): Promise<number> {
    const place = JSON.stringify([key.pk, key.sk, name]);
    const increments = this.#pending.get(place) ?? { key, name, expiresAt, count: 0 };
    increments.count += 1;
    this.#pending.set(place, increments);
    const nth = increments.count;
    const soon = limit > 0 ? this.#sumOf(place) + nth : Number.POSITIVE_INFINITY;
    this.#writing ??= this.#writeOrCarry();
    if (soon < WELL_BELOW * limit) {
      // Whoever waits for it is told.
      this.#writing.catch(() => {});
      return soon;
    }
    const sums = await this.#writing;
    return sums.get(place)! - increments.count + nth;
  }

  /** As it was written last; infinite if somebody else may have written since. */
  #sumOf(place: string): number {
    const known = this.#known.get(place);
    const isCurrent =
      known && known.expiresAt > this.#now() / 1000 && this.#database.othersVersion === this.#knownVersion;
    return isCurrent ? known.count : Number.POSITIVE_INFINITY;
  }

  /** All that is pending when the transaction begins. */
  async #writeOrCarry(): Promise<Sums> {
    let taken = new Map<string, Increments>();
    try {
      const all = (): Map<string, Increments> => {
        // After a failed attempt, the second one has the same increments.
        if (taken.size === 0) taken = this.#take();
        return merged(this.#carried, taken);
      };
      const sums = await this.#database.write(() => this.#write(all()), { isSingle: () => all().size === 1 });
      this.#carried.clear();
      return sums;
    } catch (error) {
      this.#known.clear();
      if (!(error instanceof UnavailableError)) throw error;
      if (taken.size === 0) taken = this.#take();
      return this.#carry(taken);
    }
  }

  #take(): Map<string, Increments> {
    const taken = this.#pending;
    this.#pending = new Map();
    this.#writing = undefined;
    return taken;
  }

  #carry(taken: ReadonlyMap<string, Increments>): Sums {
    this.#carried = merged(this.#carried, taken);
    const now = this.#now() / 1000;
    const sums = new Map(
      Array.from(taken.keys(), (place) => {
        const { key, name, count } = this.#carried.get(place)!;
        const stored = this.#database.get(STORED, key.pk, key.sk, name, now)?.count ?? 0;
        return [place, Number(stored) + count];
      }),
    );
    // The oldest first: a map keeps its order.
    for (const place of this.#carried.keys()) {
      if (this.#carried.size <= MOST_CARRIED) break;
      this.#carried.delete(place);
    }
    return sums;
  }

  async read(partition: string, prefix: string): Promise<Item[]> {
    await this.#writing;
    const now = this.#now() / 1000;
    const rows = this.#database.all(READ, partition, prefix, afterPrefix(prefix) ?? null, now, MOST_KEYS);
    return rows.map(({ sk, sums }) => ({ ...JSON.parse(String(sums)), pk: partition, sk: String(sk) }));
  }

  async delete(partition: string): Promise<void> {
    await this.#writing;
    this.#known.clear();
    await this.#database.write(() => this.#database.run('DELETE FROM counters WHERE pk = ?', partition));
  }

  #write(increments: ReadonlyMap<string, Increments>): Sums {
    const now = this.#now() / 1000;
    // Asked for before writing: what others write meanwhile makes it another one.
    const version = this.#database.othersVersion;
    if (version !== this.#knownVersion || this.#known.size > MOST_KNOWN) this.#known.clear();
    this.#knownVersion = version;
    return new Map(
      Array.from(increments, ([place, { key, name, expiresAt, count }]) => {
        const [row] = this.#database.all(INCREMENT, key.pk, key.sk, name, count, expiresAt, now);
        this.#known.set(place, { count: Number(row?.count), expiresAt });
        return [place, Number(row?.count)];
      }),
    );
  }
}

/** The increments of both; those of one counter become one. */
function merged(
  some: ReadonlyMap<string, Increments>,
  others: ReadonlyMap<string, Increments>,
): Map<string, Increments> {
  if (some.size === 0) return new Map(others);
  const all = new Map(some);
  for (const [place, of] of others) all.set(place, { ...of, count: of.count + (some.get(place)?.count ?? 0) });
  return all;
}

const STORED = 'SELECT count FROM counters WHERE pk = ? AND sk = ? AND name = ? AND expires_at > ?';

const MOST_KEYS = 1000;

const INCREMENT = `
INSERT INTO counters (pk, sk, name, count, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (pk, sk, name) DO UPDATE SET
  count = iif(expires_at > ?6, count, 0) + excluded.count, expires_at = excluded.expires_at
RETURNING count`;

const READ = `
SELECT sk, json_group_object(name, count) AS sums FROM counters
WHERE pk = ?1 AND sk >= ?2 AND (?3 IS NULL OR sk < ?3) AND expires_at > ?4
GROUP BY sk ORDER BY sk LIMIT ?5`;
