import { deleteWebhook } from '#domain/webhooks/change.ts';
import { route } from '#functions/http/route.ts';
import { webhookPath } from './fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/webhooks/{webhook_id}',
  summary: 'Delete a webhook; what is due is not sent any more',
  tags: ['Webhooks'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: webhookPath },
  responses: { 204: { description: 'Deleted' } },
  async handler({ caller, path }, { adapters }) {
    await deleteWebhook(adapters.table, caller.accountId, path.webhook_id);
    return { status: 204 };
  },
});
