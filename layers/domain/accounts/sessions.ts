/** A login creates a session. Its access token and its refresh token both end with it. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Awaitable, andThen } from '../awaitable.ts';
import { UnauthorizedError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import { parseOnce } from '../ports/table/parse-once.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
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

export const findSession = (table: Table, accountId: string, id: string): Awaitable<Session | undefined> =>
  andThen(table.get(keys.session(accountId, id)), (item) => item && parseSession(item));

/**
 * By its current refresh token. A token that was replaced ends its session: two hold it, and one of them must have stolen it
 * (RFC 9700, section 4.14.2).
 */
export async function findSessionByRefreshToken(table: Table, refreshToken: string): Promise<Session | undefined> {
  const item = await table.get(keys.refreshToken(sha256(refreshToken)));
  if (item) return parseSession(item);
  const replaced = await namedSession(table, refreshToken);
  if (replaced) await endSession(table, replaced);
  return undefined;
}

/** A refresh token names its session, so that it is known for one of it after it was replaced. */
export const newRefreshToken = (accountId: string, sessionId: string): string =>
  `rt_${accountId}_${sessionId}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

const REFRESH_TOKEN = /^rt_([0-9a-f-]{36})_([0-9a-f-]{36})_[\w-]{43}$/;
const SECRET_BYTES = 32;

async function namedSession(table: Table, refreshToken: string): Promise<Session | undefined> {
  const [, accountId, id] = REFRESH_TOKEN.exec(refreshToken) ?? [];
  return accountId && id ? findSession(table, accountId, id) : undefined;
}

/** A new refresh token for the session, whose present one is void. `undefined` if another call was first. */
export async function rotateRefreshToken(table: Table, of: Session): Promise<string | undefined> {
  const token = newRefreshToken(of.account_id, of.id);
  const hash = sha256(token);
  const item = await table.get(keys.session(of.account_id, of.id));
  if (!item) return undefined;
  const { pk: _, sk: __, ...record } = { ...item, refresh_sha256: hash };
  const current: Condition = { kind: 'compare', attribute: 'refresh_sha256', op: '=', value: of.refresh_sha256 };
  try {
    await table.transact([
      {
        kind: 'update',
        key: keys.session(of.account_id, of.id),
        change: { set: { refresh_sha256: hash } },
        condition: current,
      },
      { kind: 'put', item: { ...keys.refreshToken(hash), ...record } },
      { kind: 'delete', key: keys.refreshToken(of.refresh_sha256) },
    ]);
    return token;
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
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
