/** A login creates a session. Its access token and its refresh token both end with it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UnauthorizedError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import { parseOnce } from '../ports/table/parse-once.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { isOpen } from './deletion/close.ts';
import { ROLES, type Role } from './scopes.ts';

const session = z
  .object({
    id: z.string(),
    account_id: z.string(),
    refresh_sha256: z.string(),
    user_id: z.string().optional(),
    role: z.enum(ROLES).default('admin'),
  })
  // Sessions of earlier versions are of the account's only user, whose id is the account's.
  .transform(({ user_id, ...rest }) => ({ ...rest, user_id: user_id ?? rest.account_id }));
export type Session = z.infer<typeof session>;

const parseSession = parseOnce(session);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export interface NewSession {
  readonly id: string;
  readonly accountId: string;
  readonly userId: string;
  readonly role: Role;
  readonly refreshToken: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** The refresh token is kept only as its hash. Throws `UnauthorizedError` if the account is being deleted. */
export async function createSession(table: Table, created: NewSession): Promise<void> {
  const { id, accountId, userId, role, expiresAt } = created;
  const hash = sha256(created.refreshToken);
  const record = { id, account_id: accountId, user_id: userId, role, refresh_sha256: hash, expiresAt };
  try {
    await table.transact([
      { kind: 'check', key: keys.account(accountId), condition: isOpen },
      { kind: 'put', item: { ...keys.session(accountId, id), ...record } },
      { kind: 'put', item: { ...keys.refreshToken(hash), ...record } },
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new UnauthorizedError();
    throw error;
  }
}

export async function findSession(table: Table, accountId: string, id: string): Promise<Session | undefined> {
  const item = await table.get(keys.session(accountId, id));
  return item && parseSession(item);
}

export async function findSessionByRefreshToken(table: Table, refreshToken: string): Promise<Session | undefined> {
  const item = await table.get(keys.refreshToken(sha256(refreshToken)));
  return item && parseSession(item);
}

const ending = (of: Session): Write[] => [
  { kind: 'delete', key: keys.session(of.account_id, of.id) },
  { kind: 'delete', key: keys.refreshToken(of.refresh_sha256) },
];

export async function endSession(table: Table, ended: Session): Promise<void> {
  await table.transact(ending(ended));
}

/** Ends all sessions of a user, or all except one. */
export async function endSessions(table: Table, accountId: string, userId: string, but?: string): Promise<void> {
  const sessions = await sessionsOf(table, accountId, userId);
  for (const of of sessions) if (of.id !== but) await endSession(table, of);
}

/** Sets the role of a user's sessions; it takes effect with their next request. */
export async function changeSessions(table: Table, accountId: string, userId: string, role: Role): Promise<void> {
  for (const of of await sessionsOf(table, accountId, userId)) {
    try {
      await table.update(keys.session(accountId, of.id), { set: { role } }, { kind: 'present' });
    } catch (error) {
      // The session ended in the meantime.
      if (!(error instanceof ConditionFailedError)) throw error;
    }
  }
}

async function sessionsOf(table: Table, accountId: string, userId: string): Promise<Session[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.sessions });
  return items.map(parseSession).filter(({ user_id }) => user_id === userId);
}
