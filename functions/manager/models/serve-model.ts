/** Makes a model of the platform of one in the vault: from then on it answers at the platform's predict route. */
import { ValidationError } from '#domain/errors.ts';
import type { Model } from '#domain/models/record.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { ModelChangedError, UnsupportedModelError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getModel } from '#domain/vault/models.ts';
import { beginServing, originOf } from '#domain/vault/served.ts';
import { createImported } from '#functions/platform/models/create-imported.ts';
import { auditAccess, auditFailure } from '../audited.ts';
import type { FileServices } from '../services.ts';
import { fileOfVariant, keyOf } from './load-model.ts';
import { plainFile } from './plain-file.ts';
import { collected, factsOf, translated } from './seal.ts';
import { verifiedSignature } from './sign.ts';

/** It is in memory as a whole, beside the session that tries it. */
const MOST_BYTES = 200_000_000;

export interface Serving {
  readonly vaultName: string;
  readonly platformName: string;
  readonly password: string | undefined;
  readonly wishes: Parameters<Awaited<ReturnType<FileServices['importer']>>['read']>[1];
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
  const { model, original, imported } = await auditAccess(services, manager, by, access, async () => {
    const model = await getModel(table, manager, vaultName);
    const original = await plainBytes(services, model, by, password);
    try {
      return { model, original, imported: await (await services.importer()).read(original, wishes) };
    } catch (error) {
      throw ofFile(error, model.name, factsOf(model));
    }
  });
  const made = await auditFailure(services, manager, by, access, () =>
    createImported(services, {
      ...{ accountId: manager.account_id, name: platformName, fileName: model.name, original, imported },
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
  return { model: made, notes: imported.notes };
}

async function plainBytes(
  services: FileServices,
  model: Awaited<ReturnType<typeof getModel>>,
  by: Actor,
  password: string | undefined,
): Promise<Uint8Array> {
  if (model.size > MOST_BYTES) {
    throw new UnsupportedModelError(`Model '${model.name}' has ${model.size} bytes; at most ${MOST_BYTES} are served`, {
      ...factsOf(model),
      ...{ size_bytes: model.size, limit_bytes: MOST_BYTES },
    });
  }
  const key = await keyOf(services, model, by, password);
  verifiedSignature(model);
  try {
    return await collected(await plainFile(services.adapters.blobs.artifacts, fileOfVariant(model, 'original'), key));
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
