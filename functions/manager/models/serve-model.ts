/** Makes a model of the platform of one in the vault: from then on it answers at the platform's predict route. */
import { ValidationError } from '#domain/errors.ts';
import type { Model } from '#domain/models/record.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { ModelChangedError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { beginServing, originOf } from '#domain/vault/served.ts';
import { createImported, type Importing, storeImported } from '#functions/platform/models/create-imported.ts';
import { DEFAULT_TARGET } from '#functions/platform/models/wishes.ts';
import { auditAccess, auditFailure } from '../audited.ts';
import { untar } from '../backup/tar.ts';
import type { FileServices } from '../services.ts';
import { fileOfVariant, keyOf } from './load-model.ts';
import { plainFile } from './plain-file.ts';
import { isProven } from './platform-copy/proof.ts';
import { expectNoWishes, readArchive } from './platform-copy/read.ts';
import { collected, factsOf, translated } from './seal.ts';
import { verifiedSignature } from './sign.ts';

/** It is in memory as a whole, beside the session that tries it. */
const MOST_BYTES = 200_000_000;
/** It is streamed, within the time of a request. */
const MOST_ARCHIVE_BYTES = 2_000_000_000;

type Wishes = Parameters<Awaited<ReturnType<FileServices['importer']>>['read']>[1];

export interface Serving {
  readonly vaultName: string;
  readonly platformName: string;
  readonly password: string | undefined;
  readonly wishes: Omit<Wishes, 'target'> & { readonly target: string | undefined };
}

/**
 * Throws `ModelNotFoundError`, `WrongPasswordError`, `StoredDataError`, `UnsupportedModelError`, `ModelChangedError`,
 * `ValidationError`.
 */
export async function serveModel(
  services: FileServices,
  manager: Manager,
  by: Actor,
  { vaultName, platformName, password, wishes }: Serving,
): Promise<{ readonly model: Model; readonly notes: readonly string[] }> {
  const { table } = services.adapters;
  const access = { action: 'model_deploy', model_name: vaultName, facts: { deploy_to: 'trainyard' } } as const;
  // What leaves the vault is in the trail before it can be used.
  const { model, create } = await auditAccess(services, manager, by, access, async () => {
    const model = await getModel(table, manager, vaultName);
    if (model.archive_of !== undefined) {
      expectNoWishes(wishes);
      expectSize(model, MOST_ARCHIVE_BYTES);
      await expectProven(services, model);
      const archive = await plain(services, model, by, password);
      return { model, create: (of: Stored) => fromArchive(services, of, archive, model) };
    }
    expectSize(model, MOST_BYTES);
    const original = await bytesOf(services, model, by, password);
    try {
      const { target = DEFAULT_TARGET } = wishes;
      const imported = await (await services.importer()).read(original, { ...wishes, target });
      const make = async (of: Stored) => createImported(services, { ...of, original, imported });
      return { model, create: async (of: Stored) => ({ model: await make(of), notes: imported.notes }) };
    } catch (error) {
      throw ofFile(error, model.name, factsOf(model));
    }
  });
  return auditFailure(services, manager, by, access, () =>
    create({
      ...{ accountId: manager.account_id, name: platformName, fileName: model.name },
      vault: {
        origin: originOf(model),
        async writes(made) {
          const current = await getModel(table, manager, vaultName);
          if (current.revision !== model.revision) throw new ModelChangedError(manager.id, vaultName);
          return beginServing(table, model, { ...made, sha256: model.sha256 });
        },
      },
    }),
  );
}

type Stored = Pick<Importing, 'accountId' | 'name' | 'fileName' | 'vault'>;

async function fromArchive(
  services: FileServices,
  of: Stored,
  archive: AsyncIterable<Uint8Array>,
  vaultModel: StoredModel,
) {
  const opened = untar(archive);
  try {
    const model = await storeImported(services, of, () => readArchive(opened, vaultModel));
    const { length } = model.artifacts;
    return { model, notes: [`It has all ${length} files of model ${vaultModel.archive_of}, of which it is a copy`] };
  } catch (error) {
    throw ofFile(translated(error, factsOf(vaultModel)), vaultModel.name, factsOf(vaultModel));
  } finally {
    // Whatever went wrong, its file is closed.
    await opened.return();
  }
}

/**
 * Of an archive without a proof nothing can be believed: neither its files, which are those of a training, nor what it says
 * of classes, metrics, hyperparameters and lineage. Earlier versions made such, and could be made to restore others.
 */
async function expectProven({ adapters: { keys } }: FileServices, model: StoredModel): Promise<void> {
  if (await isProven(keys, model)) return;
  throw new UnsupportedModelError(
    `Model '${model.name}' has no proof that it is a copy of model ${model.archive_of} of the platform; copy that one again with models/copy`,
    { ...factsOf(model), ...(model.archive_of === undefined ? {} : { source_model_id: model.archive_of }) },
  );
}

function expectSize(model: StoredModel, limit: number): void {
  if (model.size <= limit) return;
  throw new UnsupportedModelError(`Model '${model.name}' has ${model.size} bytes; at most ${limit} are served`, {
    ...factsOf(model),
    ...{ size_bytes: model.size, limit_bytes: limit },
  });
}

type Opening = [services: FileServices, model: StoredModel, by: Actor, password: string | undefined];

async function bytesOf(...[services, model, by, password]: Opening): Promise<Uint8Array> {
  const file = await plain(services, model, by, password);
  try {
    return await collected(file);
  } catch (error) {
    throw translated(error, factsOf(model));
  }
}

/** Its end says whether it is what was saved. */
async function plain(...[services, model, by, password]: Opening): Promise<AsyncIterable<Uint8Array>> {
  const key = await keyOf(services, model, by, password);
  verifiedSignature(model);
  try {
    return await plainFile(services.adapters.blobs.artifacts, fileOfVariant(model, 'original'), key);
  } catch (error) {
    throw translated(error, factsOf(model));
  }
}

/** What is wrong with the file is not wrong with the request. */
function ofFile(error: unknown, name: string, facts: { readonly [name: string]: string }): unknown {
  if (!(error instanceof ValidationError)) return error;
  const about = error.details.find(({ field }) => field === 'file');
  return about === undefined
    ? error
    : new UnsupportedModelError(`Model '${name}' cannot be served by the platform: ${about.message}`, facts);
}
