import { z } from 'zod';
import { registerFirst } from '#domain/accounts/bootstrap.ts';
import { createAccount, type Founder } from '#domain/accounts/change.ts';
import { acceptInvitation } from '#domain/accounts/invitations.ts';
import { rememberFirstAccount } from '#domain/accounts/operator.ts';
import { ForbiddenError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { Registration } from '#domain/settings.ts';
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
  errors: [403, 409],
  async handler({ body: { password, invitation, ...given } }, { adapters, settings }) {
    if (invitation === undefined && settings.registration !== 'open')
      throw new ForbiddenError(REFUSED[settings.registration]);
    expectNoName('password', password, given);
    const now = adapters.now();
    const person = {
      ...given,
      id: newId(now),
      password_hash: await hashPassword(password, settings.argon2),
      created_at: isoTime(now),
    };
    return { status: 201, body: showUser(await admit(adapters, settings.registration, person, invitation)) };
  },
});

/** Whom the installation lets in. Throws `ForbiddenError`, and what accepting an invitation throws. */
async function admit(adapters: Adapters, registration: Registration, person: Founder, invitation?: string) {
  const { table } = adapters;
  if (invitation === undefined) return found(table, person);
  const first = await registerFirst(adapters, invitation, person);
  if (first) return first;
  if (registration === 'closed') throw new ForbiddenError(REFUSED.closed);
  return acceptInvitation(table, invitation, person);
}

const REFUSED = {
  invite: 'Registration needs an invitation here: ask an administrator of an account for one',
  closed: 'Registration is closed here',
} as const satisfies Record<Exclude<Registration, 'open'>, string>;

/** A new account. The first one of all is the operator's, on one machine. */
async function found(table: Table, person: Founder) {
  const created = await createAccount(table, person);
  await rememberFirstAccount(table, created.account_id);
  return created;
}
