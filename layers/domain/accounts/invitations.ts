/** Invitations: a token that an administrator passes on lets one person register as a user of the account. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ConflictError, NotFoundError, ValidationError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { epochSeconds } from '../times.ts';
import { isOpen } from './deletion/close.ts';
import { ROLES } from './scopes.ts';
import { creation, takenNames, type User } from './users.ts';

export const invitation = z.object({
  id: z.string(),
  account_id: z.string(),
  role: z.enum(ROLES),
  /** Free text, such as whom it is for. */
  description: z.string(),
  created_by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  token_sha256: z.string(),
});
export type Invitation = z.infer<typeof invitation>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Only the token's hash is stored. */
export async function createInvitation(
  table: Table,
  created: Omit<Invitation, 'token_sha256'>,
  token: string,
): Promise<void> {
  const record: Invitation = { ...created, token_sha256: sha256(token) };
  const expiresAt = epochSeconds(Date.parse(created.expires_at));
  await table.transact([
    { kind: 'check', key: keys.account(created.account_id), condition: isOpen },
    { kind: 'put', item: { ...keys.invitation(created.account_id, created.id), ...record, expiresAt } },
    { kind: 'put', item: { ...keys.invitationToken(record.token_sha256), ...record, expiresAt } },
  ]);
}

/** The invitations that can still be used. */
export async function listInvitations(table: Table, accountId: string): Promise<Invitation[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.invitations });
  return items.map((item) => invitation.parse(item));
}

/** Throws `NotFoundError`, also if the invitation was used or has expired. */
export async function revokeInvitation(table: Table, accountId: string, id: string): Promise<void> {
  const item = await table.get(keys.invitation(accountId, id));
  if (!item) throw new NotFoundError(`Invitation ${id} not found`);
  await table.transact([
    { kind: 'delete', key: keys.invitation(accountId, id) },
    { kind: 'delete', key: keys.invitationToken(invitation.parse(item).token_sha256) },
  ]);
}

const hasRoom: Condition = {
  kind: 'all',
  of: [
    isOpen,
    {
      kind: 'any',
      of: [
        { kind: 'missing', attribute: 'users' },
        { kind: 'compare', attribute: 'users', op: '<', value: LIMITS.users },
      ],
    },
  ],
};

/**
 * Creates a user in the account of the invitation, with its role, and deletes the invitation. Throws `ValidationError` if
 * the token is not of a valid invitation, `ConflictError` if a name is taken or the account has too many users.
 */
export async function acceptInvitation(
  table: Table,
  token: string,
  person: Omit<User, 'account_id' | 'role' | 'removed'>,
): Promise<User> {
  const unknown = ValidationError.of(
    'invitation',
    'must be the token of an invitation that was not used and has not expired',
  );
  const item = await table.get(keys.invitationToken(sha256(token)));
  if (!item) throw unknown;
  const { id, account_id, role, token_sha256 } = invitation.parse(item);
  const created: User = { ...person, account_id, role };
  // The record of an earlier version has no counts of users yet: its one user is an administrator.
  const account = await table.get(keys.account(account_id));
  const first = account?.users === undefined ? { users: 1, admins: 1 } : { users: 0, admins: 0 };
  const add = { users: 1 + first.users, admins: (role === 'admin' ? 1 : 0) + first.admins };
  const counted: Condition =
    account?.users === undefined ? { kind: 'all', of: [isOpen, { kind: 'missing', attribute: 'users' }] } : hasRoom;
  try {
    await table.transact([
      ...creation(created),
      { kind: 'delete', key: keys.invitationToken(token_sha256), condition: { kind: 'present' } },
      { kind: 'update', key: keys.account(account_id), change: { add }, condition: counted },
      { kind: 'delete', key: keys.invitation(account_id, id) },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(3)) throw unknown;
    if (error.failed.includes(4)) {
      throw new ConflictError(`An account may have at most ${LIMITS.users} users; got ${LIMITS.users + 1}`);
    }
    throw takenNames(created, error.failed) ?? error;
  }
  return created;
}
