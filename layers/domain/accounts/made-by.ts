/** What a user made that lets others in, or themselves another way: API keys and invitations. */
import { NotFoundError } from '../errors.ts';
import type { Table } from '../ports/table/port.ts';
import { listApiKeys, revokeApiKey } from './api-keys.ts';
import { listInvitations, revokeInvitation } from './invitations.ts';
import { includes, type Role, scopeOf } from './scopes.ts';

/**
 * Ends those that let in further than the user's role now does; without a role, all of them. Can be repeated.
 * @param role what the user may from now on
 */
export async function endMadeBy(table: Table, accountId: string, userId: string, role?: Role): Promise<void> {
  const allowed = role && scopeOf(role);
  const keys = (await listApiKeys(table, accountId)).filter(
    ({ created_by, scope }) => created_by === userId && !(allowed && includes(allowed, scope)),
  );
  for (const { id } of keys) await unlessGone(revokeApiKey(table, accountId, id));
  // Only an administrator invites.
  if (allowed === 'admin') return;
  const invitations = (await listInvitations(table, accountId)).filter(({ created_by }) => created_by === userId);
  for (const { id } of invitations) await unlessGone(revokeInvitation(table, accountId, id));
}

async function unlessGone(ending: Promise<void>): Promise<void> {
  try {
    await ending;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
