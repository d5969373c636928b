/** Notices to an account: what happened without a request, and needs its attention. */
import { z } from 'zod';
import { newId } from './ids.ts';
import { keys, prefixes } from './keys.ts';
import { LIMITS } from './limits.ts';
import type { Table, Write } from './ports/table/port.ts';
import { epochSeconds, isoTime } from './times.ts';

export const NOTICE_TYPES = ['webhook.disabled'] as const;

export const notice = z.object({
  id: z.string(),
  type: z.enum(NOTICE_TYPES),
  message: z.string(),
  /** The id of what it is about. */
  subject_id: z.string(),
  created_at: z.string(),
});
export type Notice = z.infer<typeof notice>;

/** A write for the transaction that the notice reports. */
export function recordNotice(accountId: string, about: Omit<Notice, 'id' | 'created_at'>, now: number): Write {
  const created: Notice = { ...about, id: newId(now), created_at: isoTime(now) };
  const expiresAt = epochSeconds(now) + LIMITS.noticeSeconds;
  return { kind: 'put', item: { ...keys.notice(accountId, created.id), ...created, expiresAt } };
}

/** The newest notices, newest first. */
export async function listNotices(table: Table, accountId: string, limit: number): Promise<Notice[]> {
  const { pk: partition } = keys.account(accountId);
  const { items } = await table.query({ partition, prefix: prefixes.notices, order: 'descending', limit });
  return items.map((item) => notice.parse(item));
}
