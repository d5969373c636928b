/**
 * Wraps the keys of models anew: those that the old password opens, under the new one. A derivation for each model takes
 * long where there are many, so a rotation goes on after its request has been answered, and the same request tells how
 * far it is. Passwords are kept in the memory of this process only. After a crash the same request goes on: what was
 * wrapped before opens with the new password.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ForbiddenError } from '#domain/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { readModels } from '#domain/vault/models.ts';
import { noteRotation } from '#domain/vault/rotation.ts';
import { needsPassword } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { type Passwords, rewrapModel } from './rewrap.ts';

export interface Progress {
  rotated: number;
  /** Those that neither password opens, and those without a password. */
  skipped: number;
  failed: number;
  left: number;
  done: boolean;
  /** Whether a model that has a password was opened by none of the two. */
  refused: number;
}

interface Running {
  readonly fingerprint: Buffer;
  readonly progress: Progress;
  readonly end: Promise<void>;
}

const running = new Map<string, Running>();

const fingerprintOf = (passwords: Passwords, newKeys: boolean): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([passwords.old, passwords.new, newKeys]))
    .digest();

/** Resolves when the rotation is done, or after `milliseconds`, with how far it is. Rejects with what stopped it. */
export async function rotate(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  passwords: Passwords,
  { newKeys, milliseconds }: { readonly newKeys: boolean; readonly milliseconds: number },
): Promise<Progress> {
  const name = `${manager.account_id}#${manager.vault}`;
  const fingerprint = fingerprintOf(passwords, newKeys);
  const before = running.get(name);
  const same = before !== undefined && timingSafeEqual(before.fingerprint, fingerprint);
  const current = same ? before : await begin(services, manager, by, passwords, newKeys, before);
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, milliseconds);
  try {
    await Promise.race([current.end, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
  return current.progress;
}

async function begin(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  passwords: Passwords,
  newKeys: boolean,
  before: Running | undefined,
): Promise<Running> {
  // One at a time: two would get in each other's way at each model.
  await before?.end.catch(() => undefined);
  const progress: Progress = { rotated: 0, skipped: 0, failed: 0, left: 0, done: false, refused: 0 };
  const name = `${manager.account_id}#${manager.vault}`;
  const end = all(services, manager, by, passwords, newKeys, progress).finally(() => running.delete(name));
  const started = { fingerprint: fingerprintOf(passwords, newKeys), progress, end };
  // Nobody may be waiting any more when it fails; the models that are left count as not done.
  end.catch((error: unknown) =>
    services.logger.error('a rotation stopped', { manager_id: manager.id, error: error as Error }),
  );
  running.set(name, started);
  return started;
}

async function all(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  passwords: Passwords,
  newKeys: boolean,
  progress: Progress,
): Promise<void> {
  const models = await readModels(services.adapters.table, manager);
  progress.left = models.length;
  for (const model of models) {
    const result = await one(services, manager, by, model, passwords, newKeys);
    progress[result] += 1;
    if (result === 'skipped' && needsPassword(model)) progress.refused += 1;
    progress.left -= 1;
  }
  progress.done = true;
  const { rotated, skipped, failed } = progress;
  await noteRotation(services.adapters.table, manager, by, { rotated, skipped, failed }, services.adapters.now);
}

async function one(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  model: StoredModel,
  passwords: Passwords,
  newKeys: boolean,
): Promise<'rotated' | 'skipped' | 'failed'> {
  try {
    return (await rewrapModel(services, manager, by, model, passwords, newKeys)) ? 'rotated' : 'skipped';
  } catch (error) {
    if (error instanceof ForbiddenError) return 'skipped';
    services.logger.error('the key of a model was not rotated', { manager_id: manager.id, error: error as Error });
    return 'failed';
  }
}
