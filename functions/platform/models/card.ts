import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { contentTypeOf } from '#learning/files/names.ts';
import { readArtifact } from '#learning/serving/artifact.ts';
import { CARD_FILE } from '#learning/serving/description.ts';
import { modelPath } from './fields.ts';
import { artifactOf } from './file.ts';

export const card = route({
  method: 'GET',
  path: '/models/{model_id}/card',
  summary: 'Read the model card',
  description:
    'An addition to the document: what the model is, what it was made from, how good it is, its inputs, and its module for PyTorch, as Markdown.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'The card', content: 'text/markdown' } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model }, { adapters }) {
    artifactOf(model, CARD_FILE);
    const card = await readArtifact(adapters.blobs.artifacts, model, CARD_FILE);
    return { status: 200, headers: { 'Content-Type': contentTypeOf(CARD_FILE) }, body: card.toString('utf8') };
  },
});
