/** Decrypting a model to where it can be downloaded from, also after its request. */
import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import { ModelChangedError, RevisionNotFoundError } from '#domain/vault/errors.ts';
import { type StoredFile, VARIANTS } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getRevision } from '#domain/vault/models.ts';
import { deleteStaged, markStaged, STAGED_SECONDS, stagedModel } from '#domain/vault/staged.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { modelProgress } from './fields.ts';
import { fileOfVariant } from './load-model.ts';
import { plainFile } from './plain-file.ts';
import { factsOf, translated } from './seal.ts';
import { putVerifiedView } from './view-file.ts';

const request = z.object({ model_name: z.string(), revision: z.string(), variant: z.enum(VARIANTS) });
/** The model's key in Base64, where it has one: so the password is needed for the request only. */
const secrets = z.object({ key: z.string().optional() });

const result = z.object({
  /** What was staged. */
  id: z.string(),
  size: z.int(),
  sha256: z.string(),
  /** Epoch milliseconds. */
  until: z.int(),
});

async function run(
  services: VaultServices,
  { manager, request: given, secrets: { key } }: Asked<z.infer<typeof request>, z.infer<typeof secrets>>,
  _: z.infer<typeof modelProgress> | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, now } = services.adapters;
  const began = now();
  await pace.reached({ model_name: given.model_name });
  const find = () =>
    getRevision(table, manager, given.model_name, given.revision).catch((error: unknown) => {
      // It was there when the download was asked for.
      throw error instanceof RevisionNotFoundError ? new ModelChangedError(manager.id, given.model_name) : error;
    });
  const file = fileOfVariant(await find(), given.variant);
  const opening = stage(services, manager, file, key === undefined ? undefined : Buffer.from(key, 'base64'));
  const staged = await opening.catch(async (error: unknown) => {
    // Deleted since its record was read: then it is not damaged.
    if (error instanceof BlobNotFoundError) await find();
    throw translated(error, factsOf(file));
  });
  await recordOperations(table, manager, { loads: 1, load_microseconds: (now() - began) * 1000 });
  return { ...staged, size: file.size, sha256: file.sha256 };
}

/** In a stream. Nothing stays of a file that was changed. */
async function stage(
  { adapters: { table, blobs, now } }: VaultServices,
  of: Manager,
  file: StoredFile,
  key: Uint8Array | undefined,
): Promise<{ readonly id: string; readonly until: number }> {
  const { artifacts } = blobs;
  const [id, until] = [newId(now()), now() + STAGED_SECONDS * 1000];
  const staged = stagedModel(of, id);
  await markStaged(table, staged, now());
  try {
    const isView = await putVerifiedView(artifacts, staged.file, file, key);
    if (!isView) await artifacts.put(staged.file, await plainFile(artifacts, file, key), { isReleased: true });
    return { id, until };
  } catch (error) {
    await deleteStaged(table, artifacts, staged);
    throw error;
  }
}

export const downloadWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, modelProgress.parse(progress), pace)) };
  },
};
