import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { findFamily, modelName, modelPath, pageOf, paging } from '../fields.ts';
import { showVersion, versionFacts, versionsOf } from '../versions.ts';

const answer = z
  .strictObject({ model_name: modelName, versions: z.array(z.strictObject(versionFacts)) })
  .meta({ id: 'ModelVersions' });

export const versions = route({
  method: 'GET',
  path: '/models/versions/{model_name}',
  summary: 'Get the versions of a model, the highest first',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: z.strictObject(paging) },
  responses: { 200: { description: 'The versions', schema: answer } },
  async handler({ caller, path, query }, { adapters }) {
    const { name } = findFamily(path.model_name);
    const all = await versionsOf(adapters.table, caller.accountId, name);
    const shown = pageOf(all.versions, query);
    return { status: 200, body: { model_name: name, versions: shown.map((of) => showVersion(name, of)) } };
  },
});
