import { z } from 'zod';
import { createSession, newRefreshToken } from '#domain/accounts/sessions.ts';
import { findUserByUsername, replacePasswordHash } from '#domain/accounts/users.ts';
import { addressBucket } from '#domain/client-address.ts';
import { UnauthorizedError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { epochSeconds } from '#domain/times.ts';
import { reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import { decoyHash, hashPassword, verifyPassword } from '#functions/http/authentication/passwords.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { foldedName, givenPassword, givenUsername, loginAnswer } from './fields.ts';

const body = z.strictObject({ username: givenUsername, password: givenPassword }).meta({ id: 'Credentials' });

export const login = route({
  method: 'POST',
  path: '/auth/login',
  summary: 'Authenticate and receive tokens',
  description:
    'After five failed logins for a name from one address, further attempts for that name from there are refused for the ' +
    'rest of fifteen minutes. So are attempts from an address, or for a name, with many failures, except for a name that ' +
    'has logged in from that address recently.',
  tags: ['Authentication'],
  authentication: 'none',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'Logged in', schema: loginAnswer } },
  errors: [401],
  async handler({ body: { username, password }, request }, { adapters, settings, tokens }) {
    const { table, now } = adapters;
    const name = foldedName(username);
    const attempt = await reserveLogin(
      table,
      { username: name, address: addressBucket(request.sourceIp) },
      settings.rates,
      now(),
    );

    // An unknown name costs the same reads and the same hash as a wrong password.
    const user = await findUserByUsername(table, name);
    const stored = user?.password_hash ?? decoyHash(settings.argon2);
    const { matches, outdated } = await verifyPassword(password, stored, settings.argon2);
    if (!user || !matches || user.removed) {
      await attempt.failed();
      throw new UnauthorizedError('Invalid username or password');
    }
    await attempt.succeeded();
    if (outdated) await replacePasswordHash(table, user, await hashPassword(password, settings.argon2));
    const id = newId(now());
    const session = {
      id,
      accountId: user.account_id,
      userId: user.id,
      role: user.role,
      refreshToken: newRefreshToken(user.account_id, id),
      expiresAt: epochSeconds(now()) + settings.refreshTokenSeconds,
    };
    await createSession(table, session);
    return {
      status: 200,
      body: {
        access_token: await tokens.issue({ accountId: user.account_id, sessionId: session.id }),
        refresh_token: session.refreshToken,
        token_type: 'bearer',
        expires_in: settings.accessTokenSeconds,
      },
    };
  },
});
