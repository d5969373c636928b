import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { changePassword, offerReset } from '#domain/accounts/password.ts';
import { endSessions } from '#domain/accounts/sessions.ts';
import { getUser } from '#domain/accounts/users.ts';
import { addressBucket } from '#domain/client-address.ts';
import { ForbiddenError, ValidationError } from '#domain/errors.ts';
import { fold } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { expectNoName } from '#functions/http/authentication/common-passwords.ts';
import { reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import { hashPassword, verifyPassword } from '#functions/http/authentication/passwords.ts';
import { json } from '#functions/http/body/json.ts';
import { type Caller, route } from '#functions/http/route.ts';
import { givenPassword, newPassword } from '../auth/fields.ts';
import { id, time } from '../fields.ts';

const common = { tags: ['Account'], authentication: 'account', cost: 'request' } as const;

/** An API key, and the operator of a machine, are no user. */
function userOf({ userId }: Caller): string {
  if (userId === undefined) throw new ForbiddenError('This is for a user who has logged in, not for an API key');
  return userId;
}

export const change = route({
  ...common,
  method: 'PUT',
  path: '/account/password',
  summary: 'Choose another password',
  description: 'All other sessions of the user end at once; this one goes on.',
  scope: 'read',
  confidential: true,
  request: {
    body: json(
      z.strictObject({ current_password: givenPassword, new_password: newPassword }).meta({ id: 'PasswordChange' }),
    ),
  },
  responses: { 204: { description: 'Changed' } },
  errors: [409],
  async handler({ caller, body, request }, { adapters: { table, now }, settings }) {
    const user = await getUser(table, caller.accountId, userOf(caller));
    expectNoName('new_password', body.new_password, user);
    const guess = { username: fold(user.username), address: addressBucket(request.sourceIp) };
    const attempt = await reserveLogin(table, guess, settings.rates, now());
    const { matches } = await verifyPassword(body.current_password, user.password_hash, settings.argon2);
    if (!matches) {
      await attempt.failed();
      throw ValidationError.of('current_password', 'must be the present password of the user');
    }
    await attempt.succeeded();
    const hash = await hashPassword(body.new_password, settings.argon2);
    await changePassword(table, user, hash, caller.session?.id);
    return { status: 204 };
  },
});

export const endAll = route({
  ...common,
  method: 'DELETE',
  path: '/account/sessions',
  summary: 'End all sessions of this user, this one included',
  scope: 'read',
  responses: { 204: { description: 'Ended' } },
  async handler({ caller }, { adapters }) {
    await endSessions(adapters.table, caller.accountId, userOf(caller));
    return { status: 204 };
  },
});

const CODE_BYTES = 16;
const CODE_SECONDS = 86_400;

export const offer = route({
  ...common,
  method: 'POST',
  path: '/account/members/{user_id}/password-reset',
  summary: 'Make a code with which a user chooses a new password',
  description:
    'For a user who has forgotten theirs: hand the code out by a way of your own, since no mail is sent. It can be used once, for a day, in `POST /auth/reset-password`; an earlier code is void.',
  scope: 'admin',
  confidential: true,
  request: { path: z.strictObject({ user_id: id }) },
  responses: {
    201: {
      description: 'The code, this once',
      schema: z.strictObject({ code: z.string(), expires_at: time }).meta({ id: 'PasswordReset' }),
    },
  },
  errors: [409],
  async handler({ caller, path }, { adapters: { table, now } }) {
    const user = await getUser(table, caller.accountId, path.user_id);
    const code = `reset_${randomBytes(CODE_BYTES).toString('base64url')}`;
    const expiresAt = now() + CODE_SECONDS * 1000;
    await offerReset(table, user, code, expiresAt);
    return { status: 201, body: { code, expires_at: isoTime(expiresAt) } };
  },
});
