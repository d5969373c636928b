import { z } from 'zod';
import { rotateRefreshToken } from '#domain/accounts/sessions.ts';
import { UnauthorizedError } from '#domain/errors.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { givenRefreshToken, refreshAnswer } from './fields.ts';

const body = z
  .strictObject({
    refresh_token: givenRefreshToken,
    rotate: z.boolean().default(false).meta({
      description:
        'An addition: also replaces the refresh token. Whoever uses the old one afterwards ends the session, for one of two holders has stolen it',
    }),
  })
  .meta({ id: 'Refresh' });

export const refresh = route({
  method: 'POST',
  path: '/auth/refresh',
  summary: 'Refresh an expired access token',
  tags: ['Authentication'],
  authentication: 'session',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'A new access token of the same session', schema: refreshAnswer } },
  async handler({ caller: { accountId, session }, body: { rotate } }, { adapters, settings, tokens }) {
    const rotated = rotate ? await rotateRefreshToken(adapters.table, session) : undefined;
    // Two calls with one token at once: only one of them can have been its holder's.
    if (rotate && rotated === undefined) throw new UnauthorizedError();
    return {
      status: 200,
      body: {
        ...(rotated === undefined ? {} : { refresh_token: rotated }),
        access_token: await tokens.issue({ accountId, sessionId: session.id }),
        token_type: 'bearer',
        expires_in: settings.accessTokenSeconds,
      },
    };
  },
});
