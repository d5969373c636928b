import type { Key } from '#domain/ports/table/port.ts';
import type { Database } from '../database.ts';

interface Increments {
  readonly key: Key;
  readonly expiresAt: number;
  count: number;
}

/** What the counters were incremented to in one transaction, by name. */
type Sums = ReadonlyMap<string, number>;

/**
 * Counters in a database of their own that waits for no disk. The increments that are requested in one turn of the event
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

  /** As in the Table port. */
  async increment(key: Key, expiresAt: number): Promise<number> {
    const name = JSON.stringify([key.pk, key.sk]);
    const increments = this.#pending.get(name) ?? { key, expiresAt, count: 0 };
    increments.count += 1;
    this.#pending.set(name, increments);
    const nth = increments.count;
    this.#writing ??= this.#database.write(() => this.#write());
    const sums = await this.#writing;
    return sums.get(name)! - increments.count + nth;
  }

  #write(): Sums {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#writing = undefined;
    const now = this.#now() / 1000;
    return new Map(
      Array.from(pending, ([name, { key, expiresAt, count }]) => {
        const row = this.#database.get(INCREMENT, key.pk, key.sk, count, expiresAt, now);
        return [name, Number(row?.count)];
      }),
    );
  }
}

const INCREMENT = `
INSERT INTO counters (pk, sk, count, expires_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (pk, sk) DO UPDATE SET
  count = iif(expires_at > ?5, count, 0) + excluded.count, expires_at = excluded.expires_at
RETURNING count`;
