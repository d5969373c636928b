/** A login creates a session. Its access token and its refresh token both end with it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';

const session = z.object({ id: z.string(), account_id: z.string(), refresh_sha256: z.string() });
export type Session = z.infer<typeof session>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `expiresAt` in epoch seconds. Only the refresh token's hash is stored. */
export async function createSession(
  table: Table,
  created: { id: string; accountId: string; refreshToken: string; expiresAt: number },
): Promise<void> {
  const hash = sha256(created.refreshToken);
  const record = { id: created.id, account_id: created.accountId, refresh_sha256: hash };
  await table.transact([
    { kind: 'put', item: { ...keys.session(created.accountId, created.id), ...record, expiresAt: created.expiresAt } },
    { kind: 'put', item: { ...keys.refreshToken(hash), ...record, expiresAt: created.expiresAt } },
  ]);
}

export async function findSession(table: Table, accountId: string, id: string): Promise<Session | undefined> {
  const item = await table.get(keys.session(accountId, id));
  return item && session.parse(item);
}

export async function findSessionByRefreshToken(table: Table, refreshToken: string): Promise<Session | undefined> {
  const item = await table.get(keys.refreshToken(sha256(refreshToken)));
  return item && session.parse(item);
}

export async function endSession(table: Table, ended: Session): Promise<void> {
  await table.transact([
    { kind: 'delete', key: keys.session(ended.account_id, ended.id) },
    { kind: 'delete', key: keys.refreshToken(ended.refresh_sha256) },
  ]);
}
