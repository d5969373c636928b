import { z } from 'zod';
import { changePassword, isResetCode } from '#domain/accounts/password.ts';
import { findUserByUsername } from '#domain/accounts/users.ts';
import { addressBucket } from '#domain/client-address.ts';
import { UnauthorizedError } from '#domain/errors.ts';
import { expectNoName } from '#functions/http/authentication/common-passwords.ts';
import { reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import { hashPassword } from '#functions/http/authentication/passwords.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { foldedName, givenToken, givenUsername, newPassword } from './fields.ts';

const body = z
  .strictObject({ username: givenUsername, code: givenToken, new_password: newPassword })
  .meta({ id: 'PasswordResetRequest' });

export const resetPassword = route({
  method: 'POST',
  path: '/auth/reset-password',
  summary: 'Choose a new password with a code from an administrator',
  description:
    'An administrator of the account makes the code: `POST /account/members/{user_id}/password-reset`. All sessions of the user end. Wrong codes are limited as failed logins are.',
  tags: ['Authentication'],
  authentication: 'none',
  cost: 'request',
  confidential: true,
  request: { body: json(body) },
  responses: { 204: { description: 'Changed: log in with the new password' } },
  errors: [401, 409],
  async handler({ body: { username, code, new_password }, request }, { adapters: { table, now }, settings }) {
    const name = foldedName(username);
    const address = addressBucket(request.sourceIp);
    const attempt = await reserveLogin(table, { username: name, address }, settings.rates, now());
    const user = await findUserByUsername(table, name);
    // The new password's hash takes the time, and is made whether or not the code is right.
    const hash = await hashPassword(new_password, settings.argon2);
    if (!user || !isResetCode(user, code, now())) {
      await attempt.failed();
      throw new UnauthorizedError('Invalid username or code');
    }
    await attempt.succeeded();
    expectNoName('new_password', new_password, user);
    await changePassword(table, user, hash);
    return { status: 204 };
  },
});
