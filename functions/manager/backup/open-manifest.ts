import type { Actor } from '#domain/vault/audit.ts';
import type { CompleteBackup, Manifest } from '#domain/vault/backup.ts';
import { throttled } from '../guess.ts';
import type { VaultServices } from '../services.ts';
import { readManifest } from './manifest.ts';

/** The manifest, with the password where one is needed. Guesses are throttled as a model's are. */
export async function openManifest(
  services: VaultServices,
  backup: CompleteBackup,
  by: Actor,
  password: string | undefined,
): Promise<Manifest> {
  const { encryption } = backup.complete;
  const guesses = encryption !== undefined && encryption.key_derivation !== 'platform' && password !== undefined;
  if (!guesses) return readManifest(services, backup, password);
  return throttled(services, backup, by, () => readManifest(services, backup, password));
}
