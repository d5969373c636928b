/**
 * A model of a backup that nothing vouches for: anybody may have written there that nothing in it is dangerous, or that it
 * is a copy of a model of the platform. So nothing of that is believed, and the record that a restore makes is as that of
 * a save. Otherwise the next backup would vouch for it.
 */
import { StoredDataError, WrongPasswordError } from '#domain/vault/errors.ts';
import { type StoredFile, storedFiles } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { expectSafe, inspectPickles } from '../models/pickles.ts';
import { plainFile } from '../models/plain-file.ts';
import { isProven } from '../models/platform-copy/proof.ts';
import { collected, factsOf, needsPassword, openKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

const SCANNED_BYTES = 200_000_000;
const NOT_SCANNED = { imports: [], dangerous: [], complete: false };

/** What can be said of it before its files are there. */
export function doubted({ upload: _, pickle: __, archive_of, archive_proof, ...model }: StoredModel): StoredModel {
  const isScanned = !needsPassword(model) && storedFiles(model).every(({ size }) => size <= SCANNED_BYTES);
  return {
    ...model,
    ...(isScanned ? {} : { pickle: NOT_SCANNED }),
    // With a proof, which is looked at when it is restored.
    ...(archive_of === undefined || archive_proof === undefined ? {} : { archive_of, archive_proof }),
  };
}

/**
 * Scans its files once they are there. What only a password opens cannot be scanned, and what is larger is not. Throws
 * `UnsafeArtifactError` where the manager blocks such, and `StoredDataError`.
 */
export async function inspectRestored(
  services: VaultServices,
  manager: Manager,
  model: StoredModel,
): Promise<StoredModel> {
  const { archive_of: _, archive_proof: __, ...other } = model;
  const known = (await isProven(services.adapters.keys, model)) ? model : other;
  const pickle = model.pickle ?? (await scanned(services, manager, model));
  return pickle === undefined ? known : { ...known, pickle };
}

async function scanned(
  { adapters: { blobs, keys } }: VaultServices,
  manager: Manager,
  model: StoredModel,
): Promise<StoredModel['pickle']> {
  const { encryption } = model;
  try {
    const key = encryption && (await openKey(model, encryption, { password: undefined, keys }));
    let pickle: StoredModel['pickle'];
    for (const file of storedFiles(model)) {
      const bytes = await collected(await plainFile(blobs.artifacts, file, key));
      expectSize(file, bytes.length);
      pickle = joined(pickle, await inspectPickles(bytes, manager, model.name));
    }
    return pickle;
  } catch (error) {
    // Its record says that the platform's key opens it, and a password wraps its key.
    if (!(error instanceof WrongPasswordError)) throw error;
    expectSafe(NOT_SCANNED, manager, model.name);
    return NOT_SCANNED;
  }
}

function expectSize(file: StoredFile, size: number): void {
  if (file.size !== size) throw new StoredDataError('A file of the backup has another size', factsOf(file));
}

function joined(one: StoredModel['pickle'], other: StoredModel['pickle']): StoredModel['pickle'] {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    imports: [...new Set([...one.imports, ...other.imports])],
    dangerous: [...new Set([...one.dangerous, ...other.dangerous])],
    complete: one.complete && other.complete,
  };
}
