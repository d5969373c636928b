/**
 * Wraps the keys of models anew: those that the old password opens, under the new one. The same call finishes it after a
 * crash: what was wrapped before opens with the new password, and is skipped.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ForbiddenError, RateLimitError, UnavailableError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { WrongPasswordError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { readModels } from '#domain/vault/models.ts';
import { noteRotation } from '#domain/vault/rotation.ts';
import { throttled } from '../guess.ts';
import { changesOf } from '../jobs/changes-of.ts';
import { type Asked, type Pace, PostponedError } from '../jobs/work.ts';
import { needsPassword } from '../models/seal.ts';
import type { VaultServices } from '../services.ts';
import { begin, begunAt } from './begun.ts';
import { type Rewrapped, type Rewrapping, rewrapModel, rewrapRevisions } from './rewrap.ts';

const request = z.object({ rotate_model_keys: z.boolean() });
const secrets = z.object({ old: z.string(), new: z.string() });
export const rotationProgress = z.object({
  /** The name of the model after which it goes on. */
  after: z.string(),
  rotated: z.int(),
  /** Those that the old password does not open, those without a password, and those that were deleted meanwhile. */
  skipped: z.int(),
  failed: z.int(),
  left: z.int(),
  /** Those of the skipped that have another password than these two. */
  refused: z.int(),
  /** Those of the skipped that the new password opens. */
  already: z.int().default(0),
  /** Earlier revisions whose keys were wrapped anew. */
  revisions: z.int(),
  /** Of one that has ended: how often the models of the manager had been changed. */
  changes: z.int().exactOptional(),
});
export type RotationProgress = z.infer<typeof rotationProgress>;

type Rotation = Asked<z.infer<typeof request>, z.infer<typeof secrets>>;

const BEGIN: RotationProgress = {
  after: '',
  rotated: 0,
  skipped: 0,
  failed: 0,
  left: 0,
  refused: 0,
  already: 0,
  revisions: 0,
};

/**
 * A guess counts where it is tried, in the request or in its job. One that has opened something is none. Throws
 * `WrongPasswordError` if the old password opens nothing, and was not the one of a rotation that this call repeats, and
 * `RateLimitError`.
 */
async function run(
  services: VaultServices,
  asked: Rotation,
  before: RotationProgress | undefined,
  pace: Pace,
): Promise<RotationProgress> {
  const { manager, by } = asked;
  const proven = before !== undefined && before.rotated + before.revisions > 0;
  if (proven) return rotate(services, asked, before, pace);
  const what = { account_id: manager.account_id, id: `${manager.vault}#rotation` };
  return throttled(services, what, by, () => rotate(services, asked, before, pace));
}

async function rotate(
  services: VaultServices,
  asked: Rotation,
  before: RotationProgress | undefined,
  pace: Pace,
): Promise<RotationProgress> {
  const { manager, by } = asked;
  const { table, now } = services.adapters;
  const progress = { ...(before ?? BEGIN) };
  let begun: Promise<void> | undefined;
  const opened = () => {
    begun ??= begin(services, manager, asked.secrets).catch((error: unknown) => {
      begun = undefined;
      throw error;
    });
    return begun;
  };
  const models = (await readModels(table, manager)).filter(({ name }) => name > progress.after);
  progress.left = models.length;
  for (const model of models) {
    await pace.reached({ ...progress });
    const result = await withPatience(() => one(services, asked, model, opened), progress, pace);
    let failed = 0;
    const rest = () => {
      failed = 0;
      return rewrapRevisions(services, manager, model, { ...asked.secrets, opened, failed: notRotated });
    };
    const notRotated = (error: unknown): void => {
      if (isBusy(error)) throw error;
      failed += 1;
      services.logger.error('the key of an earlier revision was not rotated', {
        manager_id: manager.id,
        error: error as Error,
      });
    };
    progress.revisions += await withPatience(rest, progress, pace);
    progress.failed += failed;
    progress[result === 'gone' ? 'skipped' : result] += 1;
    if (result === 'already') progress.skipped += 1;
    if (result === 'skipped' && needsPassword(model)) progress.refused += 1;
    progress.left -= 1;
    progress.after = model.name;
  }
  const { rotated, skipped, failed, revisions, refused, already } = progress;
  const has = rotated + revisions > 0;
  const rotatedAt = has ? isoTime(now()) : already > 0 ? await begunAt(services, manager, asked.secrets) : undefined;
  if (rotatedAt === undefined && refused + already > 0) {
    throw new WrongPasswordError({ manager_id: manager.id }, 'The old password opens none of the models');
  }
  await noteRotation(table, manager, by, { rotated, skipped, failed }, rotatedAt, now);
  return { ...progress, ...(await changesOf(services, manager)) };
}

/** Too much is derived at the moment: that says nothing of a model. */
const isBusy = (error: unknown): boolean => error instanceof RateLimitError || error instanceof UnavailableError;

/** How often to try where others have too many keys derived. */
const TRIES = 20;
const WAIT_MS = 500;

/** Waits while too many keys are derived; what has no more time for that goes on as a job, from the same model. */
async function withPatience<T>(run: () => Promise<T>, progress: RotationProgress, pace: Pace): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (tries === TRIES) throw new PostponedError({ ...progress });
      await delay(WAIT_MS);
      await pace.reached({ ...progress });
    }
  }
}

async function one(
  services: VaultServices,
  { manager, by, request: { rotate_model_keys }, secrets: passwords }: Rotation,
  model: StoredModel,
  opened: Rewrapping['opened'],
): Promise<Rewrapped | 'failed'> {
  try {
    return await rewrapModel(services, manager, by, model, { ...passwords, opened }, rotate_model_keys);
  } catch (error) {
    if (error instanceof ForbiddenError) return 'skipped';
    if (isBusy(error)) throw error;
    services.logger.error('the key of a model was not rotated', { manager_id: manager.id, error: error as Error });
    return 'failed';
  }
}

export const rotationWork = {
  run,
  read: (stored: unknown) => rotationProgress.parse(stored),
  isCurrent: async (services: VaultServices, manager: Manager, done: RotationProgress) =>
    done.changes === (await changesOf(services, manager)).changes,
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, rotationProgress.parse(progress), pace)) };
  },
};
