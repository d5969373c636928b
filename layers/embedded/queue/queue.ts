import { randomUUID } from 'node:crypto';
import { InternalError } from '#domain/errors.ts';
import type { ReceivedMessage } from '#domain/ports/queue/port.ts';
import { checkDelay, checkMessage, checkReceive, MESSAGE_LIMITS, reasonOf } from '#domain/ports/queue/rules.ts';
import type { DeadLetterQueue, EmbeddedQueue, QueueSettings } from '../adapters.ts';
import type { Database } from '../database.ts';

/** The Queue port on SQLite: a message is a row, hidden until its `visible_at`. */
export class SqliteQueue implements EmbeddedQueue {
  readonly name: string;
  readonly #database: Database;
  readonly #settings: QueueSettings;
  /** The name of the dead-letter queue; a dead-letter queue has none itself. */
  readonly #deadLetters: string | undefined;
  readonly #now: () => number;

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
  }

  get maxReceives(): number {
    return this.#settings.maxReceives;
  }

  async send(body: string, { delaySeconds = 0 }: { delaySeconds?: number } = {}): Promise<void> {
    checkMessage(body);
    checkDelay(delaySeconds);
    await this.#database.write(() => this.insert(body, delaySeconds));
  }

  /** For a transaction that does more than send: only within `Database.write`, with a body that is already checked. */
  insert(body: string, delaySeconds = 0): void {
    this.#insert(this.name, body, delaySeconds, null);
  }

  async deadLetter(body: string, reason: string): Promise<void> {
    const deadLetters = this.#deadLetters;
    if (deadLetters === undefined) throw new InternalError(`the queue ${this.name} has no dead-letter queue`);
    await this.#database.write(() => this.#insert(deadLetters, body, 0, reasonOf(reason)));
  }

  #insert(queue: string, body: string, delaySeconds: number, reason: string | null): void {
    const now = this.#now();
    this.#database.run(
      'INSERT INTO messages (id, queue, body, sent_at, visible_at, reason) VALUES (?, ?, ?, ?, ?, ?)',
      randomUUID(),
      queue,
      body,
      now,
      now + delaySeconds * 1000,
      reason,
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
    const row = this.#database.get('SELECT min(visible_at) AS at FROM messages WHERE queue = ?', this.name);
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
    const rows = this.#database.all(
      'SELECT * FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, number LIMIT ?',
      this.name,
      now,
      max,
    );
    return rows.map((row) => {
      const receipt = randomUUID();
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
      };
    });
  }
}

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

const deadLetterName = (queue: string): string => `${queue}-dead-letters`;
