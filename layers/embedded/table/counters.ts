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

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async increment(key: Key, name: string, expiresAt: number): Promise<number> {
    const place = JSON.stringify([key.pk, key.sk, name]);
    const increments = this.#pending.get(place) ?? { key, name, expiresAt, count: 0 };
    increments.count += 1;
    this.#pending.set(place, increments);
    const nth = increments.count;
    this.#writing ??= this.#writeOrCarry();
    const sums = await this.#writing;
    return sums.get(place)! - increments.count + nth;
  }

  /** All that is pending when the transaction begins. */
  async #writeOrCarry(): Promise<Sums> {
    let taken = new Map<string, Increments>();
    try {
      const sums = await this.#database.write(() => {
        // After a failed attempt, the second one has the same increments.
        if (taken.size === 0) taken = this.#take();
        return this.#write(merged(this.#carried, taken));
      });
      this.#carried.clear();
      return sums;
    } catch (error) {
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
    const now = this.#now() / 1000;
    const rows = this.#database.all(READ, partition, prefix, afterPrefix(prefix) ?? null, now, MOST_KEYS);
    return rows.map(({ sk, sums }) => ({ ...JSON.parse(String(sums)), pk: partition, sk: String(sk) }));
  }

  async delete(partition: string): Promise<void> {
    await this.#database.write(() => this.#database.run('DELETE FROM counters WHERE pk = ?', partition));
  }

  #write(increments: ReadonlyMap<string, Increments>): Sums {
    const now = this.#now() / 1000;
    return new Map(
      Array.from(increments, ([place, { key, name, expiresAt, count }]) => {
        const row = this.#database.get(INCREMENT, key.pk, key.sk, name, count, expiresAt, now);
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
