/** One rotation of a manager at a time: from its first moment on, and until its job has ended. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json.ts';
import { seal, unseal } from '#domain/envelope.ts';
import { ConflictError } from '#domain/errors.ts';
import { findJob } from '#domain/vault/jobs.ts';
import type { Manager } from '#domain/vault/manager.ts';
import {
  type Claim,
  enterRotation,
  leaveRotation,
  ROTATION_RUNS,
  type RotationLease,
  renewRotation,
} from '#domain/vault/rotation-lease.ts';
import { expectSameSecrets, fingerprintOf, type Hold, secretsContext } from '../jobs/run-or-queue.ts';
import type { VaultServices } from '../services.ts';
import type { Passwords } from './rewrap.ts';

interface Wanted {
  readonly request: { readonly rotate_model_keys: boolean };
  readonly secrets: Passwords & { readonly [name: string]: string };
}

/** How often the lease is renewed while it lasts. */
const RENEWALS = 4;

/**
 * To be held while a rotation works within its request, and until it is handed on.
 *
 * @throws {ConflictError} while another one works, in a request or as a job
 */
export async function holdRotation(services: VaultServices, manager: Manager, wanted: Wanted): Promise<Hold> {
  const { table, now } = services.adapters;
  const milliseconds = services.settings.vaultLeaseSeconds * 1000;
  let end = now() + milliseconds;
  const lease = await enterRotation(table, manager, claimOf(services, manager, wanted), end);
  const renew = async () => {
    const next = now() + milliseconds;
    end = (await renewRotation(table, manager, lease, next)) ? next : 0;
  };
  const renewing = setInterval(() => void renew().catch(() => undefined), milliseconds / RENEWALS);
  const release = async () => {
    clearInterval(renewing);
    await leave(services, manager, lease);
  };
  try {
    await expectNoOtherJob(services, manager, wanted);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    release,
    check() {
      if (now() >= end) throw new ConflictError('Another rotation may have begun meanwhile; repeat this one');
    },
  };
}

/** What fails is over when the lease has run out. */
async function leave({ adapters, logger }: VaultServices, manager: Manager, lease: RotationLease): Promise<void> {
  try {
    await leaveRotation(adapters.table, manager, lease);
  } catch (error) {
    logger.error('the lease of a rotation was not given back', { manager_id: manager.id, error: error as Error });
  }
}

/** One that was handed on before the lease was taken. */
async function expectNoOtherJob(
  { adapters: { table, keys } }: VaultServices,
  manager: Manager,
  { request, secrets }: Wanted,
): Promise<void> {
  for (const rotate_model_keys of [false, true]) {
    const job = await findJob(table, manager, 'rotation', fingerprintOf({ rotate_model_keys }));
    if (job?.state !== 'running') continue;
    if (rotate_model_keys !== request.rotate_model_keys) throw new ConflictError(ROTATION_RUNS);
    await expectSameSecrets(keys, job, secrets);
  }
}

/** No password is stored, and nothing that one could be guessed from without the platform's key. */
function claimOf({ adapters: { keys } }: VaultServices, manager: Manager, { request, secrets }: Wanted): Claim {
  const digest = createHash('sha256').update(canonicalJson({ request, secrets })).digest();
  const context = secretsContext(manager);
  return {
    seal: () => seal(keys, context, digest),
    isSame: async (stored) => timingSafeEqual(await unseal(keys, context, stored), digest),
  };
}
