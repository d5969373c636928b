import { Turns } from '../compute/turns.ts';
import type { Database, Row } from '../database.ts';

/**
 * The first visible messages of each group, with the number of the group's messages that are in flight. The index finds the
 * groups one by one, so that a group with many messages costs no more than one with few. A message without a group is its
 * own group.
 */
const CANDIDATES = `
WITH RECURSIVE groups (name) AS (
  SELECT min(message_group) FROM messages WHERE queue = ?1
  UNION ALL
  SELECT (SELECT min(message_group) FROM messages WHERE queue = ?1 AND message_group > name) FROM groups
  WHERE name IS NOT NULL
), candidates (number, in_flight) AS (
  SELECT number, (
    SELECT count(*) FROM messages
    WHERE queue = ?1 AND message_group = name AND visible_at > ?2 AND receipt IS NOT NULL
  ) FROM groups JOIN messages ON number IN (
    SELECT number FROM messages WHERE queue = ?1 AND message_group = name AND visible_at <= ?2
    ORDER BY visible_at, number LIMIT ?3
  )
  UNION ALL
  SELECT * FROM (
    SELECT number, 0 FROM messages WHERE queue = ?1 AND message_group IS NULL AND visible_at <= ?2
    ORDER BY visible_at, number LIMIT ?3
  )
)
SELECT messages.*, in_flight FROM candidates JOIN messages USING (number) ORDER BY visible_at, number`;

/** The order in which a queue's messages are delivered, which is fair to their groups. */
export class QueueOrder {
  readonly #database: Database;
  readonly #queue: string;
  readonly #turns: Turns<Row>;

  /** @param groupInFlight how many messages of one group may be in flight at once */
  constructor(database: Database, queue: string, groupInFlight: number) {
    this.#database = database;
    this.#queue = queue;
    this.#turns = new Turns(groupInFlight, ({ message_group: group }) => (group === null ? undefined : String(group)));
  }

  /** Up to `max` messages that may be delivered now, as rows. */
  next(max: number, now: number): Row[] {
    const candidates = this.#database.all(CANDIDATES, this.#queue, now, max);
    return this.#turns.order(candidates, ({ in_flight }) => Number(in_flight)).slice(0, max);
  }

  /** To be called for each that is delivered. */
  delivered(row: Row): void {
    this.#turns.served(row);
  }
}
