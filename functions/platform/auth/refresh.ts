import { z } from 'zod';
import { findSessionByRefreshToken } from '#domain/accounts/sessions.ts';
import { UnauthorizedError } from '#domain/errors.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { givenRefreshToken, refreshAnswer } from './fields.ts';

const body = z.strictObject({ refresh_token: givenRefreshToken }).meta({ id: 'Refresh' });

export const refresh = route({
  method: 'POST',
  path: '/auth/refresh',
  summary: 'Refresh an expired access token',
  tags: ['Authentication'],
  authentication: 'none',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'A new access token of the same session', schema: refreshAnswer } },
  errors: [401],
  async handler({ body: { refresh_token } }, { adapters, settings, tokens }) {
    const session = await findSessionByRefreshToken(adapters.table, refresh_token);
    if (!session) throw new UnauthorizedError();
    return {
      status: 200,
      body: {
        access_token: await tokens.issue({ accountId: session.account_id, sessionId: session.id }),
        token_type: 'bearer',
        expires_in: settings.accessTokenSeconds,
      },
    };
  },
});
