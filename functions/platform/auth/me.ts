import { getUser } from '#domain/accounts/users.ts';
import { ForbiddenError } from '#domain/errors.ts';
import { route } from '#functions/http/route.ts';
import { showUser, user } from './fields.ts';

export const me = route({
  method: 'GET',
  path: '/auth/me',
  summary: "Get the token's account",
  tags: ['Authentication'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  responses: { 200: { description: 'The user', schema: user } },
  async handler({ caller }, { adapters }) {
    if (caller.userId === undefined) throw new ForbiddenError('This needs a user; an API key is none');
    return { status: 200, body: showUser(await getUser(adapters.table, caller.accountId, caller.userId)) };
  },
});
