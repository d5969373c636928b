import { setTimeout } from 'node:timers';
import type { Awaitable } from '#domain/awaitable.ts';
import { UnavailableError } from '#domain/errors.ts';
import { checkCounter } from '#domain/ports/table/item-rules.ts';
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

/** So long, in milliseconds, an increment that nobody waits for may wait for others, and so many of them. */
const WAIT_MS = 5;
const MOST_WAITING = 256;

/** Meanwhile others do not increment a counter by the rest of its limit, where that is as much as this. */
const WELL_BELOW = 0.9;
const LEAST_LEFT = 100;
const MOST_KNOWN = 10_000;

/** What could not be written is remembered for so many counters. */
const MOST_CARRIED = 10_000;

/**
 * The Table port's counters, in a database of their own that waits for no disk. Increments that are requested within a few
 * milliseconds share one transaction, and those of one counter one write.
 *
 *     increments   a     b  c       d (somebody waits for its sum)      e
 *     writes       └ at most 5 ms ──┴ a · b · c · d                     └ at most 5 ms ─ …
 *
 * Increments that the disk has no room for are carried in memory until it has: whoever only wants to read, delete or log in
 * must not fail because it is counted.
 */
export class Counters {
  readonly #database: Database;
  readonly #now: () => number;
  #pending = new Map<string, Increments>();
  #carried = new Map<string, Increments>();
  /** Of what is pending, once it is due. */
  #writing: Promise<Sums> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How many increments are pending. */
  #waiting = 0;
  /** What was written last, by place, as long as nobody else writes. */
  readonly #known = new Map<string, Known>();
  #knownVersion = 0;
  /** Whether nobody else had written when the first of the pending increments came. */
  #isCurrent = false;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * With a limit, a sum that is well below it is returned before it is written, a few milliseconds later: whoever only asks
   * whether the limit is reached need not wait for that.
   */
  increment(key: Key, name: string, expiresAt: number, limit = 0): Awaitable<number> {
    const place = placeOf(key, name);
    // What was checked and written is not checked for each request again.
    if (this.#known.get(place)?.expiresAt !== expiresAt) checkCounter(key, name, expiresAt);
    if (this.#waiting === 0) this.#isCurrent = limit > 0 && this.#database.othersVersion === this.#knownVersion;
    const increments = this.#pending.get(place) ?? { key, name, expiresAt, count: 0 };
    increments.count += 1;
    this.#pending.set(place, increments);
    this.#waiting += 1;
    const nth = increments.count;
    const soon = this.#sumOf(place) + nth;
    if (soon < WELL_BELOW * limit && soon + LEAST_LEFT <= limit) {
      this.#writeSoon();
      return soon;
    }
    return this.#write().then((sums) => sums.get(place)! - increments.count + nth);
  }

  /** As it was written last; infinite if somebody else may have written since. */
  #sumOf(place: string): number {
    const known = this.#known.get(place);
    return this.#isCurrent && known && known.expiresAt > this.#now() / 1000 ? known.count : Number.POSITIVE_INFINITY;
  }

  #writeSoon(): void {
    if (this.#waiting >= MOST_WAITING) this.#write().catch(() => {});
    // Whoever waits for it is told of a failure.
    else this.#timer ??= setTimeout(() => this.#write().catch(() => {}), WAIT_MS);
  }

  #write(): Promise<Sums> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeOrCarry();
    return this.#writing;
  }

  /** Resolves once all that was requested before is written, or carried. */
  async flush(): Promise<void> {
    if (this.#waiting > 0) await this.#write();
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
      const sums = await this.#database.write(() => this.#increment(all()), { isSingle: () => all().size === 1 });
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
    this.#waiting = 0;
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
    await this.flush();
    const now = this.#now() / 1000;
    const rows = this.#database.all(READ, partition, prefix, afterPrefix(prefix) ?? null, now, MOST_KEYS);
    return rows.map(({ sk, sums }) => ({ ...JSON.parse(String(sums)), pk: partition, sk: String(sk) }));
  }

  async delete(partition: string): Promise<void> {
    await this.flush();
    this.#known.clear();
    await this.#database.write(() => this.#database.run('DELETE FROM counters WHERE pk = ?', partition));
  }

  #increment(increments: ReadonlyMap<string, Increments>): Sums {
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

/** The place of the last counter of a key: whoever counts calls does so with the same key, many times. */
const lastPlaces = new WeakMap<Key, { readonly name: string; readonly place: string }>();

/** Their lengths tell apart what would be one text otherwise. */
function placeOf(key: Key, name: string): string {
  const last = lastPlaces.get(key);
  if (last?.name === name) return last.place;
  const place = `${key.pk.length} ${key.sk.length} ${key.pk}${key.sk}${name}`;
  lastPlaces.set(key, { name, place });
  return place;
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
