/** Saving a model whose parts have been uploaded, also after its request. */
import { z } from 'zod';
import { DamagedFileError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { roomFor } from '#domain/installation/storage.ts';
import { deleteAbandoned } from '#domain/orphans.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { isoTime } from '#domain/times.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import { filesOf, markRevision, saveModel } from '#domain/vault/change.ts';
import { completeVaultUpload, findCompletedUpload, noteEnded } from '#domain/vault/ended-uploads.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { findModel } from '#domain/vault/models.ts';
import { deleteStaged, stagedModel } from '#domain/vault/staged.ts';
import { findVaultUpload, uploadNotFound, type VaultUpload } from '#domain/vault/uploads.ts';
import { unwrap, wrappedKey } from '#vault/wrapping/wrap.ts';
import { backUpSaved } from '../backup/back-up.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { JobServices } from '../services.ts';
import { earlyFiles } from './early-files.ts';
import { modelProgress } from './fields.ts';
import { heldContext } from './held-key.ts';
import { proofOf } from './platform-copy/proof.ts';
import { savedAnswer, showSaved } from './save.ts';
import type { Saved } from './save-model.ts';
import { inspectStaged, storeStaged } from './store-staged.ts';

const request = z.object({ upload_id: z.string(), sign: z.boolean() });
const secrets = z.object({ signing_key: z.string().optional() });

type Progress = z.infer<typeof modelProgress>;
type AskedSave = Asked<z.infer<typeof request>, z.infer<typeof secrets>>;

async function run(
  services: JobServices,
  asked: AskedSave,
  before: Progress | undefined,
  pace: Pace,
): Promise<z.infer<typeof savedAnswer>> {
  const { table, blobs, now } = services.adapters;
  const { manager, by } = asked;
  const id = asked.request.upload_id;
  const began = now();
  const done = await findCompletedUpload(table, manager, id, now());
  const saved = done?.ended ? undefined : await savedBefore(services, manager, id, done?.name ?? before?.model_name);
  if (done && !saved) return savedAnswer.parse(done.answer);
  const { model, warnings } = saved ?? (await save(services, asked, pace));
  // What was staged stays marked, so the sweep retries a failure.
  await deleteStaged(table, blobs.artifacts, stagedModel(manager, id)).catch((error: unknown) =>
    services.logger.error('a staged file is not deleted yet', { error: error as Error }),
  );
  const backedUp = await backUpSaved(services, manager, by, model);
  await recordOperations(table, manager, { saves: 1, save_microseconds: (now() - began) * 1000 });
  const told = done === undefined ? warnings : savedAnswer.parse(done.answer).warnings;
  const answer = savedAnswer.parse(showSaved({ model, warnings: told }, backedUp));
  await noteEnded(table, manager, id, { ...answer });
  return answer;
}

/** What a process that died afterwards has saved. */
async function savedBefore(
  { adapters: { table } }: JobServices,
  manager: Manager,
  id: string,
  name: string | undefined,
): Promise<Saved | undefined> {
  const model = name === undefined ? undefined : await findModel(table, manager, name);
  return model?.upload === id ? { model, warnings: [] } : undefined;
}

/** Under a revision of its own each time, so that of two completions at once neither touches the other's file. */
async function save(services: JobServices, { manager, by, request, secrets }: AskedSave, pace: Pace): Promise<Saved> {
  const { table, blobs, now } = services.adapters;
  const upload = await findVaultUpload(table, manager, request.upload_id, now());
  if (!upload) throw uploadNotFound(request.upload_id);
  await pace.reached({ model_name: upload.name });
  const room = roomFor(table, manager.account_id, upload.file_size, services.settings.caps);
  await room?.();
  // While the rest of the file is made.
  const inspected = inspectStaged(services, manager, upload);
  inspected.catch(() => undefined);
  const { place, original } = (await earlyFile(services, manager, upload)) ?? (await newPlace(services, manager));
  try {
    const pickle = await inspected;
    const signing = { sign: request.sign, signingKey: secrets.signing_key };
    const sealing = await sealingOf(services, upload);
    const wanted = { place, signing, sealing, original, pickle };
    const { stored, warnings } = await storeStaged(services, manager, upload, wanted);
    const before = upload.replace ? await findModel(table, manager, upload.name) : undefined;
    const model: StoredModel = {
      ...stored,
      id: before?.id ?? `model_${newId(now())}`,
      created_at: before?.created_at ?? isoTime(now()),
      modified_at: isoTime(now()),
      saved_by: by.userId,
      upload: upload.id,
      ...(await archiveFacts(services, stored, upload)),
    };
    // Its backup follows.
    const answer = { ...savedAnswer.parse(showSaved({ model, warnings }, false)) };
    const also = [completeVaultUpload(manager, upload.id, answer, now())];
    await saveModel(table, model, { manager, by, now, before, also, room });
    return { model, warnings };
  } catch (error) {
    // Whatever goes wrong here, the mark lets the sweep delete the file.
    await deleteAbandoned(table, blobs.artifacts, 'artifacts', filesOf(place)).catch((undeleted: unknown) =>
      services.logger.error('files not deleted yet', { error: undeleted as Error }),
    );
    // What is staged does not outlive a loss of power.
    if (error instanceof DamagedFileError) throw new DamagedFileError(error.what, 'Start the upload again');
    // Another completion has saved it and deleted the parts, or it was given up.
    const isGone = (await findVaultUpload(table, manager, upload.id, now())) === undefined;
    throw isGone || error instanceof BlobNotFoundError ? uploadNotFound(upload.id) : error;
  }
}

/** Of a copy of a model of the platform. */
async function archiveFacts(
  { adapters: { keys } }: JobServices,
  { account_id, sha256 }: Pick<StoredModel, 'account_id' | 'sha256'>,
  { archive_of }: VaultUpload,
): Promise<Pick<StoredModel, 'archive_of' | 'archive_proof'>> {
  if (archive_of === undefined) return {};
  return { archive_of, archive_proof: await proofOf(keys, { account_id, archive_of, sha256 }) };
}

/** The file that was made while the parts came, if it is of these. */
async function earlyFile(services: JobServices, manager: Manager, { id }: VaultUpload) {
  if (!earlyFiles.has(id)) return undefined;
  const joined = await services.adapters.blobs.artifacts.head(stagedModel(manager, id).file);
  return earlyFiles.take(services, id, joined?.etag ?? '');
}

async function newPlace({ adapters: { table, now } }: JobServices, { account_id, vault }: Manager) {
  const place = { account_id, vault, revision: newId(now()) };
  await markRevision(table, place, now());
  return { place, original: undefined };
}

async function sealingOf({ adapters: { keys } }: JobServices, { encryption, held_key }: VaultUpload) {
  if (encryption === undefined) return undefined;
  return { key: await unwrap(wrappedKey.parse(held_key), { keys }, heldContext(encryption.sealed_for)), encryption };
}

export const uploadWork = {
  run,
  read: (stored: unknown) => savedAnswer.parse(stored),
  resume: async (services: JobServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, modelProgress.parse(progress), pace)) };
  },
};
