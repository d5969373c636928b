/** Saving a model of the platform, also after its request: its file is staged as an upload is, and saved as one. */
import { z } from 'zod';
import { TrainyardError, ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { keys as tableKeys } from '#domain/keys.ts';
import { getModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { ModelExistsError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { Metadata } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { deleteStaged, stagedModel } from '#domain/vault/staged.ts';
import { startStagedCopy } from '#domain/vault/staged-copy.ts';
import { findVaultUpload } from '#domain/vault/uploads.ts';
import { wrapWithPlatform } from '#vault/wrapping/wrap.ts';
import type { Asked, Pace } from '../../jobs/work.ts';
import type { JobServices, VaultServices } from '../../services.ts';
import { metadataRequest, modelProgress } from '../fields.ts';
import { heldContext } from '../held-key.ts';
import { savedAnswer } from '../save.ts';
import { newSealing } from '../seal.ts';
import { uploadWork } from '../upload-work.ts';
import { type CopiedFile, copiedFile } from './files.ts';

/** As much as a model in parts may have. */
const MOST_BYTES = 5_000_000_000;

const request = z.object({
  model_name: z.string(),
  source_id: z.string(),
  /** Of the request; what the platform knows comes below it. */
  metadata: metadataRequest,
  tags: z.array(z.string()),
  replace: z.boolean(),
  sign: z.boolean(),
});
const secrets = z.object({ password: z.string().optional(), signing_key: z.string().optional() });
const progress = modelProgress.extend({ upload_id: z.string() });

type AskedCopy = Asked<z.infer<typeof request>, z.infer<typeof secrets>>;

async function run(
  services: JobServices,
  asked: AskedCopy,
  before: z.infer<typeof progress> | undefined,
  pace: Pace,
): Promise<z.infer<typeof savedAnswer>> {
  const {
    manager,
    request: { sign },
  } = asked;
  const begun = before ?? (await begin(services, asked));
  await pace.reached(begun);
  try {
    await stage(services, asked, begun.upload_id);
    const { signing_key } = asked.secrets;
    const saving = {
      ...asked,
      request: { upload_id: begun.upload_id, sign },
      secrets: signing_key === undefined ? {} : { signing_key },
    };
    return await uploadWork.run(services, saving, begun, { reached: () => pace.reached(begun) });
  } catch (error) {
    // Whoever asks again begins anew. What is on our side is tried again.
    if (error instanceof TrainyardError && error.status < 500) await abandon(services, manager, begun.upload_id);
    throw error;
  }
}

/** Done again, it finds the file. */
async function stage(
  { adapters: { table, blobs, now } }: JobServices,
  { manager, request: { source_id } }: AskedCopy,
  id: string,
): Promise<void> {
  // Without an upload it was saved, by a process that died afterwards, or its time is up.
  if (!(await findVaultUpload(table, manager, id, now()))) return;
  const { file } = stagedModel(manager, id);
  if (await blobs.artifacts.head(file)) return;
  const source = await getModel(table, manager.account_id, source_id);
  await blobs.artifacts.put(file, copiedFile(source).read(blobs.artifacts), { isReleased: true });
}

/** What is staged stays marked, so the sweep retries a failure. */
async function abandon({ adapters: { table, blobs }, logger }: JobServices, of: Manager, id: string): Promise<void> {
  try {
    await table.delete(tableKeys.vaultUpload(of.account_id, of.vault, id));
    await deleteStaged(table, blobs.artifacts, stagedModel(of, id));
  } catch (error) {
    logger.error('a staged file is not deleted yet', { error: error as Error });
  }
}

/** Throws `NotFoundError`, `ModelExistsError`, `UnsupportedModelError`, and `ValidationError` for too much metadata. */
async function begin(
  services: JobServices,
  { manager, request: given, secrets: { password } }: AskedCopy,
): Promise<z.infer<typeof progress>> {
  const { table, keys, now } = services.adapters;
  const { model_name: name, replace, tags } = given;
  const source = await getModel(table, manager.account_id, given.source_id);
  const file = copiedFile(source);
  expectSize(source, file);
  if (!replace && (await findModel(table, manager, name))) throw new ModelExistsError(manager.id, name);
  const metadata = metadataOf(source, file, given.metadata as Metadata);
  await reserveBytes(table, manager.account_id, file.size, services.settings.caps);
  const revision = newId(now());
  const sealedFor = { accountId: manager.account_id, managerId: manager.id, modelName: name, revision };
  const sealing = manager.config.enable_encryption
    ? await newSealing(sealedFor, manager.config, { password, keys })
    : undefined;
  const held = sealing && {
    encryption: sealing.encryption,
    held_key: await wrapWithPlatform(sealing.key, keys, heldContext(sealedFor)),
  };
  const wanted = { id: newId(now()), file_size: file.size, revision, name, metadata, tags, replace, ...held };
  await startStagedCopy(table, manager, { ...wanted, ...(file.isArchive ? { archive_of: source.id } : {}) }, now());
  return { model_name: name, upload_id: wanted.id };
}

function expectSize({ id }: Model, { size }: CopiedFile): void {
  if (size <= MOST_BYTES) return;
  throw new UnsupportedModelError(`Model ${id} of the platform has ${size} bytes; at most ${MOST_BYTES} are copied`, {
    source_model_id: id,
    ...{ size_bytes: size, limit_bytes: MOST_BYTES },
  });
}

/** What the platform knows of the model, and on top of it what the request says. */
function metadataOf(of: Model, { framework, files }: CopiedFile, given: Metadata): Metadata {
  const merged: Metadata = {
    framework,
    algorithm: of.model_type,
    version: of.version,
    description: of.notes === '' ? `${of.name} of the platform, for ${of.task} of ${of.target}` : of.notes,
    performance_metrics: of.performance,
    files: files.map(({ file }) => file),
    source: {
      model_id: of.id,
      name: of.name,
      number: of.number,
      job_id: of.job_id ?? null,
      dataset_id: of.dataset_id ?? null,
      ...(of.dataset_sha256 === undefined ? {} : { dataset_sha256: of.dataset_sha256 }),
    },
    ...given,
  };
  const checked = metadataRequest.safeParse(merged);
  if (checked.success) return merged;
  const [issue] = checked.error.issues;
  throw ValidationError.of('metadata', `with what the platform knows of the model, ${issue?.message}`);
}

export const copyWork = {
  run,
  isCurrent: async ({ adapters: { table } }: VaultServices, manager: Manager, saved: z.infer<typeof savedAnswer>) => {
    const model = await findModel(table, manager, saved.model_name);
    return model?.id === saved.model_id && model.sha256 === saved.hash;
  },
  read: (stored: unknown) => savedAnswer.parse(stored),
  resume: async (services: JobServices, asked: Asked<unknown, unknown>, stored: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, progress.parse(stored), pace)) };
  },
};
