/** Answers with a stored file, such as one of a model: as a stream, or where it is too large for one, as a redirect to it. */
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
  services: Services,
) {
  const artifact = model.artifacts.find((one) => one.file === file);
  if (!artifact) throw new NotFoundError(`Model ${model.id} has no ${file}`);
  const key = blobKeys.modelFile(model.account_id, model.id, artifact.file);
  const { size, sha256 } = artifact;
  return sendStored({ key, size, sha256, filename, contentType: CONTENT_TYPE, owner: `Model ${model.id}` }, services);
}

export interface StoredFile {
  /** In the bucket of artifacts. */
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly filename: string;
  readonly contentType: string;
  /** What is not found if the file is gone. */
  readonly owner: string;
}

/** Throws `NotFoundError` if the file has been deleted since its record was read. */
export async function sendStored(
  { key, size, sha256, filename, contentType, owner }: StoredFile,
  { adapters, settings }: Services,
) {
  const { artifacts } = adapters.blobs;
  if (size > settings.streamedBytes) {
    const options = { expiresInSeconds: LINK_SECONDS, filename, contentType };
    return { status: 307, headers: { Location: await artifacts.presignGet(key, options) } } as const;
  }
  try {
    const { info, body } = await artifacts.get(key);
    const headers = {
      'Content-Length': String(info.size),
      'Content-Disposition': `attachment; filename="${filename}"`,
      ETag: `"${sha256}"`,
    };
    return { status: 200, headers, body } as const;
  } catch (error) {
    if (error instanceof BlobNotFoundError) throw new NotFoundError(`${owner} not found`);
    throw error;
  }
}
