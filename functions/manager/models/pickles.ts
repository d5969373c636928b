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
  const { dangerous, complete } = found;
  if (manager.config.block_unsafe_artifacts && (dangerous.length > 0 || !complete)) {
    throw new UnsafeArtifactError(
      `Model '${name}' is not safe to open, and manager '${manager.id}' blocks such models`,
      {
        manager_id: manager.id,
        model_name: name,
        dangerous: [...dangerous],
        scanned_completely: complete,
      },
    );
  }
  return { imports: [...found.imports], dangerous: [...dangerous], complete };
}
