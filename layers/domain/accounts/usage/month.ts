/** What the trainings of an account used, by the month in which they ended: added in the transaction that ends a job. */
import { z } from 'zod';
import { keys } from '../../keys.ts';
import type { Table, Write } from '../../ports/table/port.ts';

/** The table adds whole numbers only. */
const NANODOLLARS = 1e9;
const MILLISECONDS = 1000;

export const ENDINGS = ['completed', 'failed', 'stopped'] as const;
export type Ending = (typeof ENDINGS)[number];

const stored = z.object({
  completed: z.number().int().default(0),
  failed: z.number().int().default(0),
  stopped: z.number().int().default(0),
  compute_milliseconds: z.number().int().default(0),
  cost_nanodollars: z.number().int().default(0),
});

export interface MonthUsage extends Readonly<Record<Ending, number>> {
  readonly compute_seconds: number;
  readonly cost_usd: number;
}

/** A write for the transaction that ends a job. `at` (RFC 3339) is when. */
export function addUsage(
  accountId: string,
  ending: Ending,
  used: { readonly compute_seconds: number; readonly estimated_cost: number },
  at: string,
): Write {
  return {
    kind: 'update',
    key: keys.monthUsage(accountId, at.slice(0, 7)),
    change: {
      add: {
        [ending]: 1,
        compute_milliseconds: Math.round(used.compute_seconds * MILLISECONDS),
        cost_nanodollars: Math.round(used.estimated_cost * NANODOLLARS),
      },
    },
  };
}

/** Of a month such as `2026-01`. One read. */
export async function readMonth(table: Table, accountId: string, month: string): Promise<MonthUsage> {
  const item = await table.get(keys.monthUsage(accountId, month));
  const { compute_milliseconds, cost_nanodollars, ...jobs } = stored.parse(item ?? {});
  return {
    ...jobs,
    compute_seconds: compute_milliseconds / MILLISECONDS,
    cost_usd: cost_nanodollars / NANODOLLARS,
  };
}
