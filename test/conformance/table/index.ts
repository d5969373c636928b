import { afterAll, beforeAll, describe } from '@jest/globals';
import { conditions } from './conditions.ts';
import { counters } from './counters.ts';
import { expiry } from './expiry.ts';
import { items } from './items.ts';
import { keys } from './keys.ts';
import { model } from './model.ts';
import { queries } from './queries.ts';
import type { TableSubject } from './subject.ts';
import { transactions } from './transactions.ts';
import { updates } from './updates.ts';

/** What every implementation of the Table port must do. */
export function tableConformance(name: string, open: () => Promise<TableSubject>): void {
  describe(`Table on ${name}`, () => {
    let subject: TableSubject;
    beforeAll(async () => {
      subject = await open();
    }, 60_000);
    afterAll(() => subject?.close());
    for (const group of [items, keys, conditions, updates, counters, transactions, queries, expiry, model]) {
      group(() => subject);
    }
  });
}
