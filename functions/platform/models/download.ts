import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { blobKeys } from '#domain/keys.ts';
import { getModel } from '#domain/models/read.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { route } from '#functions/http/route.ts';
import { ONNX_FILE } from '#learning/serving/description.ts';
import { modelPath, onnxArtifact } from './fields.ts';

const query = z.strictObject({ format: z.enum(['onnx']).default('onnx') });

const CONTENT_TYPE = 'application/octet-stream';
const LINK_SECONDS = 300;

export const download = route({
  method: 'GET',
  path: '/models/{model_id}/download',
  summary: 'Download a model as a file',
  description: 'An addition to the document. `model.onnx` takes raw features: everything learned is inside it.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query },
  responses: {
    200: {
      description: 'The file',
      content: CONTENT_TYPE,
      headers: { ETag: 'The SHA-256 of the file', 'Content-Disposition': 'A name for the file' },
    },
    307: {
      description: 'The file is too large to stream',
      headers: { Location: 'A URL of the file, valid for five minutes' },
    },
  },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model }, { adapters, settings }) {
    const artifact = onnxArtifact(model);
    if (!artifact) throw new NotFoundError(`Model ${model.id} has no ${ONNX_FILE}`);
    const key = blobKeys.modelFile(model.account_id, model.id, artifact.file);
    const filename = `${fileNameOf(model.name)}-${model.version}.onnx`;
    const { artifacts } = adapters.blobs;
    if (artifact.size > settings.streamedBytes) {
      const options = { expiresInSeconds: LINK_SECONDS, filename, contentType: CONTENT_TYPE };
      return { status: 307, headers: { Location: await artifacts.presignGet(key, options) } };
    }
    try {
      const { info, body } = await artifacts.get(key);
      const headers = {
        'Content-Length': String(info.size),
        'Content-Disposition': `attachment; filename="${filename}"`,
        ETag: `"${artifact.sha256}"`,
      };
      return { status: 200, headers, body };
    } catch (error) {
      // Deleted between the two reads.
      if (error instanceof BlobNotFoundError) throw new NotFoundError(`Model ${model.id} not found`);
      throw error;
    }
  },
});

/** Only characters that every file system and every header allows. */
const fileNameOf = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._]+/, '') || 'model';
