import type { Actor } from '#domain/vault/audit.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { throttled } from '../guess.ts';
import type { VaultServices } from '../services.ts';
import { type OpenedManifest, readManifest } from './manifest.ts';
import { opensAlone } from './opens-alone.ts';

/** The manifest, with the password where one is needed. Guesses are throttled as a model's are. */
export async function openManifest(
  services: VaultServices,
  backup: CompleteBackup,
  by: Actor,
  password: string | undefined,
): Promise<OpenedManifest> {
  if (opensAlone(backup) || password === undefined) return readManifest(services, backup, password);
  return throttled(services, backup, by, () => readManifest(services, backup, password));
}
