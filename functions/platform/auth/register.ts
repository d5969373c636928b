import { z } from 'zod';
import { createAccount, type Founder } from '#domain/accounts/change.ts';
import { acceptInvitation } from '#domain/accounts/invitations.ts';
import { rememberFirstAccount } from '#domain/accounts/operator.ts';
import { newId } from '#domain/ids.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { expectNoName } from '#functions/http/authentication/common-passwords.ts';
import { hashPassword } from '#functions/http/authentication/passwords.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { email, fullName, givenToken, newPassword, newUsername, showUser, user } from './fields.ts';

const body = z
  .strictObject({
    username: newUsername,
    email,
    password: newPassword,
    full_name: fullName,
    invitation: givenToken.optional().meta({
      format: 'password',
      description: 'An addition: of an account that one is invited to; else it is a new one',
    }),
  })
  .meta({ id: 'Registration' });

export const register = route({
  method: 'POST',
  path: '/auth/register',
  summary: 'Register a new user account',
  tags: ['Authentication'],
  authentication: 'none',
  cost: 'request',
  request: { body: json(body) },
  responses: { 201: { description: 'Registered', schema: user } },
  errors: [409],
  async handler({ body: { password, invitation, ...given } }, { adapters, settings }) {
    expectNoName('password', password, given);
    const now = adapters.now();
    const person = {
      ...given,
      id: newId(now),
      password_hash: await hashPassword(password, settings.argon2),
      created_at: isoTime(now),
    };
    const created =
      invitation === undefined
        ? await found(adapters.table, person)
        : await acceptInvitation(adapters.table, invitation, person);
    return { status: 201, body: showUser(created) };
  },
});

/** A new account. The first one of all is the operator's, on one machine. */
async function found(table: Table, person: Founder) {
  const created = await createAccount(table, person);
  await rememberFirstAccount(table, created.account_id);
  return created;
}
