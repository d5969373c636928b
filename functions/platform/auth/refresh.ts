import { z } from 'zod';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { givenRefreshToken, refreshAnswer } from './fields.ts';

const body = z.strictObject({ refresh_token: givenRefreshToken }).meta({ id: 'Refresh' });

export const refresh = route({
  method: 'POST',
  path: '/auth/refresh',
  summary: 'Refresh an expired access token',
  tags: ['Authentication'],
  authentication: 'session',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'A new access token of the same session', schema: refreshAnswer } },
  async handler({ caller: { accountId, session } }, { settings, tokens }) {
    return {
      status: 200,
      body: {
        access_token: await tokens.issue({ accountId, sessionId: session.id }),
        token_type: 'bearer',
        expires_in: settings.accessTokenSeconds,
      },
    };
  },
});
