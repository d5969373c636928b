import { getAccount } from '#domain/accounts/read.ts';
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
  responses: { 200: { description: 'The account', schema: user } },
  async handler({ caller }, { adapters }) {
    return { status: 200, body: showUser(await getAccount(adapters.table, caller.accountId)) };
  },
});
