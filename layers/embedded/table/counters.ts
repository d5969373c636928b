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

/**
 * The Table port's counters, in a database of their own that waits for no disk. The increments that are requested in one turn of the event
 * loop share one transaction, and those of one counter one write.
 */
export class Counters {
  readonly #database: Database;
  readonly #now: () => number;
  #pending = new Map<string, Increments>();
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
    this.#writing ??= this.#database.write(() => this.#write());
    const sums = await this.#writing;
    return sums.get(place)! - increments.count + nth;
  }

  async read(partition: string, prefix: string): Promise<Item[]> {
    const now = this.#now() / 1000;
    const rows = this.#database.all(READ, partition, prefix, afterPrefix(prefix) ?? null, now, MOST_KEYS);
    return rows.map(({ sk, sums }) => ({ ...JSON.parse(String(sums)), pk: partition, sk: String(sk) }));
  }

  async delete(partition: string): Promise<void> {
    await this.#database.write(() => this.#database.run('DELETE FROM counters WHERE pk = ?', partition));
  }

  #write(): Sums {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#writing = undefined;
    const now = this.#now() / 1000;
    return new Map(
      Array.from(pending, ([place, { key, name, expiresAt, count }]) => {
        const row = this.#database.get(INCREMENT, key.pk, key.sk, name, count, expiresAt, now);
        return [place, Number(row?.count)];
      }),
    );
  }
}

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
