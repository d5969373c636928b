/** The latest lines of the logs of an account's jobs, whichever job they are of. */
import { z } from 'zod';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { type LogLine, logLine } from './logs.ts';
import { job as jobSchema } from './record.ts';

export interface RecentLine extends LogLine {
  readonly jobId: string;
}

export interface RecentWanted {
  /** Of one job only. */
  readonly jobId?: string | undefined;
  readonly level?: LogLine['level'] | undefined;
  readonly limit: number;
  /** `cursor` of the page before, whose lines are later. */
  readonly cursor?: string | undefined;
}

export interface RecentPage {
  /** Oldest first. */
  readonly lines: readonly RecentLine[];
  /** Undefined where there are none before them. */
  readonly cursor: string | undefined;
}

const chunk = z.object({ sk: z.string(), lines: z.array(logLine) });

/** Of the chunks that one read gets, and those that a call looks at for what its level leaves. */
const AT_ONCE = 20;
const LOOKED_AT = 400;

/**
 * The latest lines of jobs that learn from texts: of the job that was created last, then of the one before it. Throws
 * `InvalidCursorError`.
 */
export async function readRecentLog(table: Table, accountId: string, wanted: RecentWanted): Promise<RecentPage> {
  const { jobId, level, limit } = wanted;
  const { pk } = keys.jobLog(accountId, '', '');
  const prefix = jobId === undefined ? {} : { prefix: keys.jobLog(accountId, jobId, '').sk };
  const isText = new Map<string, boolean>();
  const lines: RecentLine[] = [];
  let { cursor } = wanted;
  for (let looked = 0; looked < LOOKED_AT && lines.length < limit; looked += AT_ONCE) {
    // A chunk is taken whole or not at all, so that a cursor between chunks says where to go on.
    const left = Math.min(AT_ONCE, Math.max(1, Math.ceil((limit - lines.length) / 4)));
    const range = { partition: pk, ...prefix, order: 'descending' as const, limit: left };
    const page = await table.query({ ...range, ...(cursor === undefined ? {} : { cursor }) });
    const chunks = page.items.map((item) => chunk.parse(item));
    await learnKinds(table, accountId, chunks.map(jobOf), isText);
    for (const one of chunks) {
      if (!isText.get(jobOf(one))) continue;
      const chosen = one.lines.filter((line) => level === undefined || line.level === level);
      lines.unshift(...chosen.map((line) => ({ ...line, jobId: jobOf(one) })));
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return { lines, cursor };
}

const jobOf = ({ sk }: { readonly sk: string }): string => sk.slice(0, sk.indexOf('#'));

async function learnKinds(table: Table, accountId: string, ids: readonly string[], known: Map<string, boolean>) {
  const unknown = [...new Set(ids)].filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  const items = await table.getMany(unknown.map((id) => keys.job(accountId, id)));
  for (const [i, item] of items.entries()) {
    known.set(unknown[i]!, item !== undefined && jobSchema.parse(item).kind === 'text');
  }
}
