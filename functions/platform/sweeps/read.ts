import { getSweep } from '#domain/sweeps/store.ts';
import { route } from '#functions/http/route.ts';
import { showSweep, sweepAnswer, sweepPath } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/training/sweeps/{sweep_id}',
  summary: 'Read a sweep with its trials',
  description: 'An addition.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: sweepPath },
  responses: { 200: { description: 'The sweep', schema: sweepAnswer } },
  resource: ({ caller, path }, { adapters }) => getSweep(adapters.table, caller.accountId, path.sweep_id),
  handler: ({ resource }) => ({ status: 200, body: showSweep(resource) }),
});
