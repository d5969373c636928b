import { randomUUID } from 'node:crypto';
import { EVENT_SOURCE } from '#domain/ports/events/envelope.ts';
import type { Events, OutgoingEvent } from '#domain/ports/events/port.ts';
import { checkEvents } from '#domain/ports/queue/rules.ts';
import type { Database } from '../database.ts';
import type { SqliteQueue } from '../queue/queue.ts';

/** The Events port: a queue of events in EventBridge's envelope, which the host matches to rules. */
export class SqliteEvents implements Events {
  readonly #database: Database;
  readonly #bus: SqliteQueue;
  readonly #now: () => number;

  constructor(database: Database, bus: SqliteQueue, now: () => number) {
    this.#database = database;
    this.#bus = bus;
    this.#now = now;
  }

  async publish(...events: readonly OutgoingEvent[]): Promise<void> {
    const bodies = events.map((event) => this.envelope(event));
    checkEvents(bodies);
    if (bodies.length === 0) return;
    await this.#database.write(() => {
      for (const body of bodies) this.#bus.insert(body);
    });
  }

  /** For a transaction that does more than publish: only within `Database.write`. */
  insert(event: OutgoingEvent): void {
    this.#bus.insert(this.envelope(event));
  }

  private envelope({ type, account, detail }: OutgoingEvent): string {
    return JSON.stringify({
      version: '0',
      id: randomUUID(),
      'detail-type': type,
      source: EVENT_SOURCE,
      account,
      // In whole seconds, as on EventBridge.
      time: new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: 'local',
      resources: [],
      // In the detail, as on every host; see `accountOf`.
      detail: { ...detail, account_id: account },
    });
  }
}
