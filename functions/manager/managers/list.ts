import { z } from 'zod';
import { listManagers } from '#domain/vault/managers.ts';
import { route } from '#functions/http/route.ts';
import { pageOf, paging, tags } from '../fields.ts';
import { managerSummary, showManager } from './fields.ts';

export const list = route({
  method: 'GET',
  path: '/api/model-manager/list',
  summary: 'List the managers of the account',
  tags: tags.managers,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject(paging) },
  responses: {
    200: {
      description: 'The managers by their ids',
      schema: z
        .strictObject({ managers: z.array(managerSummary), total_managers: z.int() })
        .meta({ id: 'ManagerList' }),
    },
  },
  async handler({ caller, query }, { adapters }) {
    const all = await listManagers(adapters.table, caller.accountId);
    return { status: 200, body: { managers: pageOf(all, query).map(showManager), total_managers: all.length } };
  },
});
