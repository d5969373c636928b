/** Decrypting a model to where it can be downloaded from, also after its request. */
import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { reserveForAll } from '#domain/installation/storage.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import { ModelChangedError, RevisionNotFoundError } from '#domain/vault/errors.ts';
import { type StoredFile, VARIANTS } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getRevision } from '#domain/vault/models.ts';
import { deleteStaged, markStaged, STAGED_SECONDS, stagedModel } from '#domain/vault/staged.ts';
import { findStagedDownload, noteStagedDownload, type StagedDownload } from '#domain/vault/staged-downloads.ts';
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
  const opening = staged(services, manager, given, file, key === undefined ? undefined : Buffer.from(key, 'base64'));
  const where = await opening.catch(async (error: unknown) => {
    // Deleted since its record was read: then it is not damaged.
    if (error instanceof BlobNotFoundError) await find();
    throw translated(error, factsOf(file));
  });
  await recordOperations(table, manager, { loads: 1, load_microseconds: (now() - began) * 1000 });
  return { ...where, size: file.size, sha256: file.sha256 };
}

/** What is staged already, or else what is staged now. */
async function staged(
  services: VaultServices,
  of: Manager,
  { revision, variant }: z.infer<typeof request>,
  file: StoredFile,
  key: Uint8Array | undefined,
): Promise<StagedDownload> {
  const { table, blobs, now } = services.adapters;
  const before = await findStagedDownload(table, blobs.artifacts, of, { revision, variant }, now());
  if (before) return before;
  await reserveForAll(table, file.size, services.settings.caps);
  const made = await stage(services, of, file, key);
  await noteStagedDownload(table, of, { revision, variant }, made);
  return made;
}

/** In a stream. Nothing stays of a file that was changed. */
async function stage(
  { adapters: { table, blobs, now } }: VaultServices,
  of: Manager,
  file: StoredFile,
  key: Uint8Array | undefined,
): Promise<StagedDownload> {
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
