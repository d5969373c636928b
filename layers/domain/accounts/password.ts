/** Changes of a user's password. Whoever holds a session that began with the old one is logged out. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ConflictError } from '../errors.ts';
import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Change, Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { endSessions } from './sessions.ts';
import type { User } from './users.ts';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Stores another hash, forgets a code for a reset, and ends the user's sessions, or all except one. A call that is
 * interrupted after the first step leaves sessions that the next change ends. Throws `ConflictError` if somebody else changed the user meanwhile.
 */
export async function changePassword(table: Table, of: User, hash: string, but?: string): Promise<void> {
  await write(table, of, { set: { password_hash: hash }, remove: ['reset'] });
  await endSessions(table, of.account_id, of.id, but);
}

/** Lets the user choose a new password with that code until then; an earlier code is void. Throws `ConflictError`. */
export async function offerReset(table: Table, of: User, code: string, expiresAt: number): Promise<void> {
  const reset = { code_sha256: sha256(code).toString('hex'), expires_at: isoTime(expiresAt) };
  await write(table, of, { set: { reset } });
}

/** Whether the user may choose a new password with that code at that time, in epoch milliseconds. In constant time. */
export function isResetCode({ reset, removed }: User, code: string, now: number): boolean {
  const expected = Buffer.from(reset?.code_sha256 ?? '', 'hex');
  const given = sha256(code);
  const matches = timingSafeEqual(given, expected.length === given.length ? expected : Buffer.alloc(given.length));
  return matches && reset !== undefined && !removed && now < Date.parse(reset.expires_at);
}

async function write(table: Table, before: User, change: Change): Promise<void> {
  const key = keys.user(before.account_id, before.id);
  try {
    await table.update(key, change, {
      kind: 'compare',
      attribute: 'password_hash',
      op: '=',
      value: before.password_hash,
    });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    if (!(await stored(table, { ...before, ...change.set } as User))) throw new ConflictError(CHANGED);
  }
}

/** An account's only user of an earlier version, who has no record yet, gets one. False if there is one. */
async function stored(table: Table, after: User): Promise<boolean> {
  if (after.id !== after.account_id) return false;
  try {
    await table.put({ ...keys.user(after.account_id, after.id), ...after }, { kind: 'absent' });
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

const CHANGED = 'The user was changed by somebody else in the meantime: try again';
