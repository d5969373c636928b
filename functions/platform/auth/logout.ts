import { endSession } from '#domain/accounts/sessions.ts';
import { route } from '#functions/http/route.ts';

export const logout = route({
  method: 'POST',
  path: '/auth/logout',
  summary: 'End the session: revokes its access tokens and its refresh token',
  tags: ['Authentication'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  responses: { 204: { description: 'Ended' } },
  async handler({ caller }, { adapters }) {
    if (caller.session) await endSession(adapters.table, caller.session);
    return { status: 204 };
  },
});
