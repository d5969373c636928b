import { randomUUID } from 'node:crypto';
import type { Table } from '#domain/ports/table/port.ts';

/** A Table to test, on a clock that the test sets. */
export interface TableSubject {
  readonly table: Table;
  /** The same table through another connection. */
  readonly other: Table;
  /** Moves the clock of both forward. */
  advance(seconds: number): void;
  /** The clock, in epoch seconds. */
  seconds(): number;
  close(): Promise<void>;
}

/** Given to each group of tests; `subject` may be called only within a test. */
export type Subject = () => TableSubject;

/** A partition that no other test writes to. */
export const fresh = (): string => `P#${randomUUID()}`;

/** A clock that stands still until it is moved. */
export function testClock(start = 1_800_000_000_000) {
  let milliseconds = start;
  return {
    now: () => milliseconds,
    seconds: () => milliseconds / 1000,
    advance: (seconds: number) => {
      milliseconds += seconds * 1000;
    },
  };
}

/** The items of all pages, and how many pages there were. */
export async function allPages(table: Table, query: Parameters<Table['query']>[0]) {
  const items = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined && pages < 1000);
  return { items, pages };
}
