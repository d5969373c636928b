import { createHash } from 'node:crypto';
import type { Awaitable } from '#domain/awaitable.ts';
import { canonicalJson } from '#domain/canonical-json.ts';
import { ConditionFailedError, IdempotencyMismatchError, TransactionFailedError } from '#domain/ports/errors.ts';
import { checkCondition, holds } from '#domain/ports/table/conditions.ts';
import {
  added,
  checkChange,
  checkItem,
  checkKey,
  checkKeys,
  checkSize,
  checkTransaction,
} from '#domain/ports/table/item-rules.ts';
import type {
  Change,
  Condition,
  Item,
  Key,
  Page,
  Query,
  Table,
  Write,
  WriteOptions,
} from '#domain/ports/table/port.ts';
import type { Database, Row } from '../database.ts';
import { CachedReads, expiryOf, type Found } from './cached-reads.ts';
import type { Counters } from './counters.ts';
import { ParsedItems } from './parsed-items.ts';
import { queryItems } from './query.ts';

/** How long a transaction's token is remembered. */
const TOKEN_SECONDS = 600;

/** Queues and tasks are watched, items are not. */
const QUIET = { quiet: true };

/** The Table port on SQLite. Conditions are evaluated inside the transaction that writes. */
export class SqliteTable implements Table {
  readonly #database: Database;
  readonly #counters: Counters;
  readonly #now: () => number;
  readonly #parsed = new ParsedItems();
  readonly #reads: CachedReads;

  constructor(database: Database, counters: Counters, now: () => number) {
    this.#database = database;
    this.#counters = counters;
    this.#now = now;
    this.#reads = new CachedReads(() => database.version);
  }

  get(key: Key): Item | undefined {
    return this.#get(key);
  }

  async getMany(keys: readonly Key[]): Promise<readonly (Item | undefined)[]> {
    checkKeys(keys);
    // SQLite's JSON ends a text at a NUL.
    if (keys.some(({ pk, sk }) => pk.includes('\0') || sk.includes('\0'))) return keys.map((key) => this.#get(key));
    const places = JSON.stringify(keys.map(({ pk, sk }) => [pk, sk]));
    const now = this.#now() / 1000;
    return this.#reads.read(`many ${places}`, now, () => this.#getMany(keys, places, now));
  }

  async query(query: Query): Promise<Page> {
    const now = this.#now() / 1000;
    return this.#reads.read(`query ${JSON.stringify(query)}`, now, () => queryItems(this.#database, query, now));
  }

  async put(item: Item, condition?: Condition, options?: WriteOptions): Promise<void> {
    await this.#single(prepare({ kind: 'put', item, ...(condition && { condition }) }), options);
  }

  async update(key: Key, change: Change, condition?: Condition, options?: WriteOptions): Promise<Item> {
    const write = prepare({ kind: 'update', key, change, ...(condition && { condition }) });
    const changed = await this.#single(write, options);
    return changed as Item;
  }

  increment(key: Key, name: string, expiresAt: number, limit?: number): Awaitable<number> {
    return this.#counters.increment(key, name, expiresAt, limit);
  }

  async counters(partition: string, prefix: string): Promise<readonly Item[]> {
    return this.#counters.read(partition, prefix);
  }

  async deleteCounters(partition: string): Promise<void> {
    await this.#counters.delete(partition);
  }

  async delete(key: Key, condition?: Condition, options?: WriteOptions): Promise<void> {
    await this.#single(prepare({ kind: 'delete', key, ...(condition && { condition }) }), options);
  }

  async transact(writes: readonly Write[], token?: string, options?: WriteOptions): Promise<void> {
    checkTransaction(writes, token);
    const prepared = writes.map(prepare);
    const hash = token === undefined ? '' : createHash('sha256').update(canonicalJson(prepared)).digest('hex');
    const work = () => {
      if (token !== undefined && this.#isRepeat(token, hash)) return;
      const before = prepared.map((write) => this.#read(keyOf(write)));
      const failed = prepared.flatMap((write, index) => (isMet(write, before[index]) ? [] : [index]));
      if (failed.length > 0) throw new TransactionFailedError(failed);
      prepared.forEach((write, index) => {
        this.#apply(write, before[index]);
      });
    };
    await this.#database.write(work, { ...QUIET, ...options });
  }

  #single(write: Write, options?: WriteOptions): Promise<Item | undefined> {
    const work = () => {
      const before = this.#read(keyOf(write));
      if (!isMet(write, before)) throw new ConditionFailedError();
      return this.#apply(write, before);
    };
    return this.#database.write(work, { ...QUIET, ...options });
  }

  /** Records the token. True if the same transaction was done before; throws if another one used the token. */
  #isRepeat(token: string, hash: string): boolean {
    const now = this.#now() / 1000;
    const known = this.#database.get('SELECT hash FROM tokens WHERE token = ? AND expires_at > ?', token, now);
    if (known !== undefined && known.hash !== hash) {
      throw new IdempotencyMismatchError('the token belongs to another transaction');
    }
    if (known !== undefined) return true;
    this.#database.run(
      'REPLACE INTO tokens (token, hash, expires_at) VALUES (?, ?, ?)',
      token,
      hash,
      now + TOKEN_SECONDS,
    );
    return false;
  }

  #get(key: Key): Item | undefined {
    return this.#reads.read(`one ${key.pk.length} ${key.pk}${key.sk}`, this.#now() / 1000, () => {
      checkKey(key);
      const row = this.#row(key);
      if (row === undefined) return { value: undefined, characters: 0, expiresAt: Number.POSITIVE_INFINITY };
      const body = String(row.body);
      return { value: this.#parsed.parse(key, body), characters: body.length, expiresAt: expiryOf(row) };
    });
  }

  #getMany(keys: readonly Key[], places: string, now: number): Found<readonly (Item | undefined)[]> {
    const value: (Item | undefined)[] = Array.from({ length: keys.length });
    let characters = 0;
    let expiresAt = Number.POSITIVE_INFINITY;
    for (const row of this.#database.all(READ_MANY, places, now)) {
      const body = String(row.body);
      value[Number(row.place)] = this.#parsed.parse(keys[Number(row.place)]!, body);
      characters += body.length;
      expiresAt = Math.min(expiresAt, expiryOf(row));
    }
    return { value: Object.freeze(value), characters, expiresAt };
  }

  /** Before a write: its item will not be read as it is again. */
  #read(key: Key): Item | undefined {
    const row = this.#row(key);
    return row === undefined ? undefined : (JSON.parse(String(row.body)) as Item);
  }

  #row({ pk, sk }: Key): Row | undefined {
    return this.#database.get(
      'SELECT body, expires_at FROM items WHERE pk = ? AND sk = ? AND (expires_at IS NULL OR expires_at > ?)',
      pk,
      sk,
      this.#now() / 1000,
    );
  }

  /** The item as it is after the write. */
  #apply(write: Write, before: Item | undefined): Item | undefined {
    if (write.kind === 'check') return before;
    if (write.kind === 'delete') {
      this.#database.run('DELETE FROM items WHERE pk = ? AND sk = ?', write.key.pk, write.key.sk);
      return undefined;
    }
    const item = write.kind === 'put' ? write.item : changed(write.key, before, write.change);
    this.#database.run(
      'REPLACE INTO items (pk, sk, body, ipk, isk, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      item.pk,
      item.sk,
      JSON.stringify(item),
      item.ipk ?? null,
      item.isk ?? null,
      item.expiresAt ?? null,
    );
    return item;
  }
}

/** One statement for any number of keys: each statement takes locks of its own. */
const READ_MANY = `
SELECT wanted.key AS place, items.body, items.expires_at FROM json_each(?1) AS wanted
CROSS JOIN items ON items.pk = wanted.value ->> 0 AND items.sk = wanted.value ->> 1
WHERE items.expires_at IS NULL OR items.expires_at > ?2`;

const keyOf = (write: Write): Key => (write.kind === 'put' ? write.item : write.key);

const isMet = (write: Write, before: Item | undefined): boolean =>
  write.condition === undefined || holds(write.condition, before);

/** Checks a write and copies it, because it is executed in a later turn. Throws `InvalidItemError`. */
function prepare(write: Write): Write {
  if (write.condition !== undefined) checkCondition(write.condition);
  if (write.kind === 'put') return { ...write, item: structuredClone(checkItem(write.item)) };
  checkKey(write.key);
  if (write.kind !== 'update') return write;
  checkChange(write.change);
  return { ...write, change: structuredClone(write.change) };
}

function changed(key: Key, before: Item | undefined, { set = {}, add = {}, remove = [] }: Change): Item {
  const item: Record<string, unknown> = { ...before, pk: key.pk, sk: key.sk, ...set };
  for (const [name, amount] of Object.entries(add)) item[name] = added(name, item[name], amount);
  for (const name of remove) delete item[name];
  const after = item as Item;
  checkSize(after);
  return after;
}
