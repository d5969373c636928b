/** Answers with a file of a model: as a stream, or where it is too large for one, as a redirect to it. */
import { NotFoundError } from '#domain/errors.ts';
import { blobKeys } from '#domain/keys.ts';
import type { Model } from '#domain/models/record.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Services } from '#functions/http/route.ts';

const CONTENT_TYPE = 'application/octet-stream';
const LINK_SECONDS = 300;

export const fileResponses = {
  200: {
    description: 'The file',
    content: CONTENT_TYPE,
    headers: { ETag: 'The SHA-256 of the file', 'Content-Disposition': 'A name for the file' },
  },
  307: {
    description: 'The file is too large to stream',
    headers: { Location: 'A URL of the file, valid for five minutes' },
  },
} as const;

/** Throws `NotFoundError` if the model has no such file, or has been deleted since it was read. */
export async function sendFile(
  model: Model,
  { file, filename }: { readonly file: string; readonly filename: string },
  { adapters, settings }: Services,
) {
  const artifact = model.artifacts.find((one) => one.file === file);
  if (!artifact) throw new NotFoundError(`Model ${model.id} has no ${file}`);
  const key = blobKeys.modelFile(model.account_id, model.id, artifact.file);
  const { artifacts } = adapters.blobs;
  if (artifact.size > settings.streamedBytes) {
    const options = { expiresInSeconds: LINK_SECONDS, filename, contentType: CONTENT_TYPE };
    return { status: 307, headers: { Location: await artifacts.presignGet(key, options) } } as const;
  }
  try {
    const { info, body } = await artifacts.get(key);
    const headers = {
      'Content-Length': String(info.size),
      'Content-Disposition': `attachment; filename="${filename}"`,
      ETag: `"${artifact.sha256}"`,
    };
    return { status: 200, headers, body } as const;
  } catch (error) {
    if (error instanceof BlobNotFoundError) throw new NotFoundError(`Model ${model.id} not found`);
    throw error;
  }
}
