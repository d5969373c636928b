import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { blobKeys } from '#domain/blob-keys.ts';
import { DamagedFileError, InternalError, NotFoundError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';

/**
 * Reads a file and checks that its bytes are those that were written when the model was created. Throws `DamagedFileError`
 * if they are not, and `NotFoundError`.
 */
export async function readArtifact(artifacts: Blobs, model: ServedModel, file: string): Promise<Buffer> {
  const expected = model.artifacts.find((artifact) => artifact.file === file);
  if (!expected) throw new InternalError(`model ${model.id} has no ${file}`);
  try {
    const { body } = await artifacts.get(blobKeys.modelFile(model.account_id, model.id, file));
    const bytes = await buffer(body);
    if (createHash('sha256').update(bytes).digest('hex') === expected.sha256) return bytes;
  } catch (error) {
    if (error instanceof BlobNotFoundError) throw new NotFoundError(`Model ${model.id} not found`);
    throw error;
  }
  throw new DamagedFileError(
    `${file} of model ${model.id}`,
    'Restore it from a backup, train it again, or download another format of it',
  );
}
