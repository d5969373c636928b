import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { fileOfVariant } from '../models/load-model.ts';
import { inspectPickles } from '../models/pickles.ts';
import { plainFile } from '../models/plain-file.ts';
import { collected, needsPassword, openKey } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';

const SCANNED_BYTES = 200_000_000;

/**
 * Scans a model whose record comes from a backup that is not encrypted: anybody may have written there that nothing in it
 * is dangerous. What only a password opens cannot be scanned, and what is larger is not. Throws `UnsafeArtifactError`.
 */
export async function inspectRestored(
  { adapters: { blobs, keys } }: VaultServices,
  manager: Manager,
  model: StoredModel,
): Promise<void> {
  const { encryption } = model;
  if (!manager.config.block_unsafe_artifacts || needsPassword(model) || model.size > SCANNED_BYTES) return;
  const key = encryption && (await openKey(model, encryption, { password: undefined, keys }));
  const bytes = await collected(await plainFile(blobs.artifacts, fileOfVariant(model, 'original'), key));
  await inspectPickles(bytes, manager, model.name);
}
