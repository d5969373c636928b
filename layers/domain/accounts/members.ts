/** Changes to the users of an account. An account always keeps at least one administrator. */
import { ConflictError, NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { endMadeBy } from './made-by.ts';
import type { Role } from './scopes.ts';
import { changeSessions, endSessions } from './sessions.ts';
import { getUser, type User } from './users.ts';

const anotherAdmin: Condition = { kind: 'compare', attribute: 'admins', op: '>', value: 1 };

/**
 * Changes a user's role; their sessions have it from the next request on, and what they made that lets in further ends. Throws `NotFoundError`, and `ConflictError`
 * if the user is the last administrator.
 */
export async function changeRole(table: Table, accountId: string, userId: string, role: Role): Promise<User> {
  const before = await getUser(table, accountId, userId);
  const after: User = { ...before, role };
  if (before.role !== role) await write(table, before, after);
  // Also if the role is unchanged: an earlier call may have ended before this step.
  await changeSessions(table, accountId, userId, role);
  await endMadeBy(table, accountId, userId, role);
  return after;
}

async function write(table: Table, before: User, after: User): Promise<void> {
  const loses = before.role === 'admin';
  const admins = loses ? -1 : after.role === 'admin' ? 1 : 0;
  const key = keys.user(before.account_id, before.id);
  // The whole record is written: another password that was set in the meantime must not be undone.
  const unchanged: Condition = {
    kind: 'all',
    of: [
      { kind: 'compare', attribute: 'role', op: '=', value: before.role },
      { kind: 'compare', attribute: 'password_hash', op: '=', value: before.password_hash },
    ],
  };
  try {
    await table.transact([
      {
        kind: 'put',
        item: { ...key, ...after },
        condition: { kind: 'any', of: [unchanged, { kind: 'absent' }] },
      },
      {
        kind: 'update',
        key: keys.account(before.account_id),
        change: { add: { admins } },
        condition: loses ? anotherAdmin : { kind: 'present' },
      },
    ]);
  } catch (error) {
    throw explained(error, before);
  }
}

/**
 * Removes a user: their password, their sessions, and the API keys and invitations that they made become invalid, and their
 * names can be registered again. A call that
 * is interrupted can be repeated. Throws `NotFoundError`, and `ConflictError` if the user is the last administrator.
 */
export async function removeUser(table: Table, accountId: string, userId: string): Promise<void> {
  const found = await getUser(table, accountId, userId);
  const key = keys.user(accountId, userId);
  const isAdmin = found.role === 'admin';
  try {
    if (!found.removed) {
      await table.transact([
        { kind: 'put', item: { ...key, ...found, removed: true } },
        {
          kind: 'update',
          key: keys.account(accountId),
          change: { add: { users: -1, admins: isAdmin ? -1 : 0 } },
          condition: isAdmin ? anotherAdmin : { kind: 'present' },
        },
      ]);
    }
  } catch (error) {
    throw explained(error, found);
  }
  await endSessions(table, accountId, userId);
  await endMadeBy(table, accountId, userId);
  await table.transact([
    { kind: 'delete', key },
    { kind: 'delete', key: keys.username(found.username) },
    { kind: 'delete', key: keys.email(found.email) },
    // Earlier versions stored the only user in the account's record.
    ...(userId === accountId
      ? [
          {
            kind: 'update' as const,
            key: keys.account(accountId),
            change: { remove: ['username', 'email', 'full_name', 'password_hash'] },
          },
        ]
      : []),
  ]);
}

function explained(error: unknown, of: User): unknown {
  if (!(error instanceof TransactionFailedError)) return error;
  if (error.failed.includes(1) && of.role === 'admin') {
    return new ConflictError(
      'An account must have an administrator; got the last one: give another user that role first',
    );
  }
  return new NotFoundError(`User ${of.id} was changed by somebody else in the meantime`);
}
