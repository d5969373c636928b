import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { lineageOf, NODE_KINDS, RELATIONS } from '#domain/models/lineage.ts';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { modelPath } from './fields.ts';

const node = z
  .strictObject({
    id,
    kind: z.enum(NODE_KINDS),
    name: z.string().optional(),
    version: z.string().optional().meta({ description: 'Of data or of a model', example: '1.0.0' }),
    sha256: z.string().optional().meta({ description: "Of the data's bytes, or of the vault's file" }),
    exists: z.boolean().meta({ description: 'False if it has been deleted since' }),
  })
  .meta({ id: 'LineageNode' });

const edge = z
  .strictObject({ from: id, to: id, relation: z.enum(RELATIONS) })
  .meta({ id: 'LineageEdge', description: 'In the direction in which things came about' });

const answer = z
  .strictObject({
    nodes: z.array(node),
    edges: z.array(edge),
    truncated: z.boolean().meta({ description: 'Whether there are models before the ones shown' }),
  })
  .meta({ id: 'Lineage' });

export const lineage = route({
  method: 'GET',
  path: '/models/{model_id}/lineage',
  summary: 'Where a model comes from',
  description: `An addition to the document: data, job and model as a graph, or the vault's model that it was deployed from, with up to ${LIMITS.lineageModels} models: this one, those that their trainings started from, and the versions before.`,
  tags: ['Registry'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'The graph', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model }, { adapters }) {
    return { status: 200, body: await lineageOf(adapters.table, model) };
  },
});
