import { z } from 'zod';
import { createAccount } from '#domain/accounts/change.ts';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import { hashPassword } from '#functions/http/authentication/passwords.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { email, fullName, newPassword, newUsername, showUser, user } from './fields.ts';

const body = z
  .strictObject({ username: newUsername, email, password: newPassword, full_name: fullName })
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
  async handler({ body: { password, ...given } }, { adapters, settings }) {
    const now = adapters.now();
    const created = {
      ...given,
      id: newId(now),
      password_hash: await hashPassword(password, settings.argon2),
      created_at: isoTime(now),
    };
    await createAccount(adapters.table, created);
    return { status: 201, body: showUser(created) };
  },
});
