/**
 * What trainers tell a job's owner about their work. A run appends its lines in chunks that are never changed, each an
 * item of its own, and drops its oldest ones; all expire some time after they were written:
 *
 *     attempt 1, run 1: ── chunk 1 ── chunk 2 ─✗     attempt 2, run 1: ── chunk 1 ── …
 */
import { z } from 'zod';
import { ValidationError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Key, Table, Write } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { truncate } from '../truncate.ts';
import type { Job } from './record.ts';

export const LEVELS = ['INFO', 'WARN', 'ERROR'] as const;

export const logLine = z.object({ time: z.string(), level: z.enum(LEVELS), message: z.string() });
export type LogLine = z.infer<typeof logLine>;

const chunk = z.object({ sk: z.string(), lines: z.array(logLine) });

/** A chunk is at most 100 KB: a quarter of what an item may be. */
export const LOG_BOUNDS = { lineBytes: 1_000, chunkLines: 100, chunksPerRun: 100, days: 30 } as const;

export interface LogPlace {
  readonly attempt: number;
  readonly run: number;
  /** From 1. */
  readonly chunk: number;
}

const DIGITS = 6;
const padded = (number: number): string => String(number).padStart(DIGITS, '0');
const keyOf = (of: Pick<Job, 'account_id' | 'id'>, at: LogPlace): Key =>
  keys.jobLog(of.account_id, of.id, [at.attempt, at.run, at.chunk].map(padded).join('#'));

/** Appends a chunk with at most `chunkLines` lines, and drops the run's oldest. */
export async function appendLog(
  table: Table,
  of: Pick<Job, 'account_id' | 'id'>,
  at: LogPlace,
  lines: readonly LogLine[],
  now: number,
): Promise<void> {
  const expiresAt = epochSeconds(now) + LOG_BOUNDS.days * 86_400;
  const item = { ...keyOf(of, at), lines: lines.map((line) => ({ ...line })), expiresAt };
  const oldest = at.chunk - LOG_BOUNDS.chunksPerRun;
  const drop: Write[] = oldest < 1 ? [] : [{ kind: 'delete', key: keyOf(of, { ...at, chunk: oldest }) }];
  if (drop.length === 0) await table.put(item);
  else await table.transact([{ kind: 'put', item }, ...drop]);
}

export const lineOf = (level: LogLine['level'], message: string, now: number): LogLine => ({
  time: isoTime(now),
  level,
  message: truncate(message, LOG_BOUNDS.lineBytes),
});

/** Where a reader goes on: in a chunk, after so many of its lines. */
const position = z.tuple([z.string().regex(/^\d{6}#\d{6}#\d{6}$/), z.int().min(0).max(LOG_BOUNDS.chunkLines)]);
type Position = z.infer<typeof position>;
const BEGINNING: Position = [[0, 0, 0].map(padded).join('#'), 0];

const encode = (at: Position): string => Buffer.from(at.join(':')).toString('base64url');

/** Throws `ValidationError`. */
function decode(cursor: string): Position {
  const [place = '', count = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  const parsed = position.safeParse([place, Number(count)]);
  if (parsed.success && encode(parsed.data) === cursor) return parsed.data;
  throw ValidationError.of('cursor', `must be a next_cursor of this job's log; got ${JSON.stringify(cursor)}`);
}

export interface LogPage {
  readonly lines: LogLine[];
  /** After the last line: also at the end, where more may be written. */
  readonly cursor: string;
}

/** Of the chunks that one read gets. Most have a few lines. */
const CHUNKS = 20;

/**
 * At most `limit` lines, oldest first, after the cursor of an earlier page. Throws `ValidationError` for any other cursor.
 */
export async function readLog(
  table: Table,
  of: Pick<Job, 'account_id' | 'id'>,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<LogPage> {
  let at = cursor === undefined ? BEGINNING : decode(cursor);
  const from = keys.jobLog(of.account_id, of.id, at[0]);
  const last = keys.jobLog(of.account_id, of.id, '~');
  const lines: LogLine[] = [];
  let next: string | undefined;
  do {
    const range = { partition: from.pk, from: from.sk, to: last.sk, limit: CHUNKS };
    const page = await table.query({ ...range, ...(next === undefined ? {} : { cursor: next }) });
    for (const item of page.items) {
      const { sk, lines: all } = chunk.parse(item);
      const place = sk.slice(-BEGINNING[0].length);
      const seen = place === at[0] ? at[1] : 0;
      const taken = all.slice(seen, seen + limit - lines.length);
      lines.push(...taken);
      at = [place, seen + taken.length];
      if (lines.length === limit) return { lines, cursor: encode(at) };
    }
    next = page.cursor;
  } while (next !== undefined);
  return { lines, cursor: encode(at) };
}
