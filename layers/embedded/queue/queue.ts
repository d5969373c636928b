import { randomUUID } from 'node:crypto';
import { InternalError } from '#domain/errors.ts';
import type { ReceivedMessage, SendOptions } from '#domain/ports/queue/port.ts';
import {
  checkDelay,
  checkGroup,
  checkMessage,
  checkReceive,
  MESSAGE_LIMITS,
  reasonOf,
} from '#domain/ports/queue/rules.ts';
import type { DeadLetterQueue, EmbeddedQueue, QueueSettings } from '../adapters.ts';
import type { Database } from '../database.ts';
import { QueueOrder } from './order.ts';

interface Inserted {
  readonly delaySeconds?: number;
  readonly group?: string | undefined;
  readonly reason?: string;
}

/** The Queue port on SQLite: a message is a row, hidden until its `visible_at`. */
export class SqliteQueue implements EmbeddedQueue {
  readonly name: string;
  readonly #database: Database;
  readonly #settings: QueueSettings;
  /** The name of the dead-letter queue; a dead-letter queue has none itself. */
  readonly #deadLetters: string | undefined;
  readonly #now: () => number;
  readonly #order: QueueOrder;

  constructor(
    database: Database,
    name: string,
    settings: QueueSettings,
    deadLetters: string | undefined,
    now: () => number,
  ) {
    this.name = name;
    this.#database = database;
    this.#settings = settings;
    this.#deadLetters = deadLetters;
    this.#now = now;
    this.#order = new QueueOrder(database, name, settings.groupInFlight ?? Number.POSITIVE_INFINITY);
  }

  get maxReceives(): number {
    return this.#settings.maxReceives;
  }

  async send(body: string, { delaySeconds = 0, group }: SendOptions = {}): Promise<void> {
    checkMessage(body);
    checkDelay(delaySeconds);
    checkGroup(group);
    await this.#database.write(() => this.#insert(this.name, body, { delaySeconds, group }));
  }

  /** For a transaction that does more than send: only within `Database.write`, with a body that is already checked. */
  insert(body: string): void {
    this.#insert(this.name, body, {});
  }

  async deadLetter(body: string, reason: string): Promise<void> {
    const deadLetters = this.#deadLetters;
    if (deadLetters === undefined) throw new InternalError(`the queue ${this.name} has no dead-letter queue`);
    await this.#database.write(() => this.#insert(deadLetters, body, { reason: reasonOf(reason) }));
  }

  #insert(queue: string, body: string, { delaySeconds = 0, group, reason }: Inserted): void {
    const now = this.#now();
    this.#database.run(
      'INSERT INTO messages (id, queue, body, sent_at, visible_at, reason, message_group) VALUES (?, ?, ?, ?, ?, ?, ?)',
      randomUUID(),
      queue,
      body,
      now,
      now + delaySeconds * 1000,
      reason ?? null,
      group ?? null,
    );
  }

  async receive(options: { max?: number; visibilitySeconds?: number } = {}): Promise<readonly ReceivedMessage[]> {
    const { max = 10, visibilitySeconds = this.#settings.visibilitySeconds } = options;
    checkReceive({ max, visibilitySeconds });
    const earliest = this.nextVisibleAt();
    // Receiving from an empty queue must not cost a write.
    if (earliest === undefined || earliest > this.#now()) return [];
    return this.#database.write(() => this.#take(Math.floor(max), visibilitySeconds));
  }

  async acknowledge(receipt: string): Promise<void> {
    await this.#database.write(() => {
      this.#database.run(
        'DELETE FROM messages WHERE receipt = ? AND queue = ? AND visible_at > ?',
        receipt,
        this.name,
        this.#now(),
      );
    });
  }

  async release(receipt: string, delaySeconds: number): Promise<void> {
    checkDelay(delaySeconds, MESSAGE_LIMITS.visibilitySeconds);
    const now = this.#now();
    await this.#database.write(() => {
      this.#database.run(
        'UPDATE messages SET visible_at = ?, receipt = NULL WHERE receipt = ? AND queue = ? AND visible_at > ?',
        now + delaySeconds * 1000,
        receipt,
        this.name,
        now,
      );
    });
  }

  nextVisibleAt(): number | undefined {
    const earliest = this.#earliest(-1);
    const now = this.#now();
    if (earliest === undefined || earliest > now || this.#order.next(1, now).length > 0) return earliest;
    // What is visible waits for messages of its group that are in flight. The first of these is visible again by then.
    return this.#earliest(now);
  }

  #earliest(after: number): number | undefined {
    const sql = 'SELECT min(visible_at) AS at FROM messages WHERE queue = ? AND visible_at > ?';
    const row = this.#database.get(sql, this.name, after);
    return typeof row?.at === 'number' ? row.at : undefined;
  }

  counts(): { waiting: number; inFlight: number } {
    const row = this.#database.get(
      `SELECT count(*) AS total, count(*) FILTER (WHERE receipt IS NOT NULL AND visible_at > ?) AS hidden
       FROM messages WHERE queue = ?`,
      this.#now(),
      this.name,
    );
    const inFlight = Number(row?.hidden ?? 0);
    return { waiting: Number(row?.total ?? 0) - inFlight, inFlight };
  }

  #take(max: number, visibilitySeconds: number): ReceivedMessage[] {
    const now = this.#now();
    if (this.#deadLetters !== undefined) {
      this.#database.run(
        `UPDATE messages SET queue = ?, receives = 0, receipt = NULL, visible_at = ?
         WHERE queue = ? AND visible_at <= ? AND receives >= ?`,
        this.#deadLetters,
        now,
        this.name,
        now,
        this.#settings.maxReceives,
      );
    }
    return this.#order.next(max, now).map((row) => {
      const receipt = randomUUID();
      this.#order.delivered(row);
      this.#database.run(
        'UPDATE messages SET receives = receives + 1, receipt = ?, visible_at = ? WHERE number = ?',
        receipt,
        now + visibilitySeconds * 1000,
        row.number!,
      );
      return {
        id: String(row.id),
        body: String(row.body),
        receives: Number(row.receives) + 1,
        sentAt: Number(row.sent_at),
        receipt,
        ...(row.reason === null ? {} : { reason: String(row.reason) }),
        ...(row.message_group === null ? {} : { group: String(row.message_group) }),
      };
    });
  }
}

/** How the names of all dead-letter queues end. */
export const DEAD_LETTERS = '-dead-letters';

/** The dead-letter queue of a queue; its messages can be sent back. */
export class SqliteDeadLetterQueue extends SqliteQueue implements DeadLetterQueue {
  readonly #source: string;
  readonly #store: Database;
  readonly #clock: () => number;

  constructor(database: Database, source: string, settings: QueueSettings, now: () => number) {
    super(database, deadLetterName(source), settings, undefined, now);
    this.#source = source;
    this.#store = database;
    this.#clock = now;
  }

  async redrive(max = Number.MAX_SAFE_INTEGER): Promise<number> {
    const now = this.#clock();
    return this.#store.write(() =>
      this.#store.run(
        `UPDATE messages SET queue = ?, receives = 0, receipt = NULL, reason = NULL, visible_at = ? WHERE number IN
           (SELECT number FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY number LIMIT ?)`,
        this.#source,
        now,
        this.name,
        now,
        max,
      ),
    );
  }
}

/**
 * Makes the messages that a previous host had received visible again, in every queue: only hosts receive, and there is
 * one at a time. The delivery still counts, because the message may be what crashed that host.
 */
export function releaseReceived(database: Database, now: number): void {
  database.run(
    'UPDATE messages SET visible_at = ?, receipt = NULL WHERE receipt IS NOT NULL AND visible_at > ?',
    now,
    now,
  );
}

const deadLetterName = (queue: string): string => `${queue}${DEAD_LETTERS}`;
