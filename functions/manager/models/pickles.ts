/** What unpickling a model would import. Pickles are never opened. */

import { fromBytes, type RandomAccess } from '#domain/random-access.ts';
import { UnsafeArtifactError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { scanPickles } from '#vault/pickles/scan.ts';

/** Throws `UnsafeArtifactError` where the manager blocks what can run anything, or what cannot be scanned to its end. */
export async function inspectPickles(
  file: Uint8Array | RandomAccess,
  manager: Manager,
  name: string,
): Promise<StoredModel['pickle']> {
  const found = await scanPickles(file instanceof Uint8Array ? fromBytes(file) : file);
  if (!found.pickle) return undefined;
  const { imports, dangerous, complete } = found;
  const pickle = { imports: [...imports], dangerous: [...dangerous], complete };
  expectSafe(pickle, manager, name);
  return pickle;
}

/** Throws `UnsafeArtifactError` for what was found in a model, where the manager blocks such. */
export function expectSafe(pickle: StoredModel['pickle'], manager: Manager, name: string): void {
  if (pickle === undefined || !manager.config.block_unsafe_artifacts) return;
  const { dangerous, complete } = pickle;
  if (dangerous.length > 0 || !complete) {
    const why = dangerous.length > 0 ? 'is not safe to open' : 'could not be scanned to its end';
    throw new UnsafeArtifactError(`Model '${name}' ${why}, and manager '${manager.id}' blocks such models`, {
      manager_id: manager.id,
      model_name: name,
      dangerous,
      scanned_completely: complete,
    });
  }
}
