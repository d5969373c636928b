/** Does work within a request if there is time, and otherwise hands it on as a job. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '#domain/canonical-json.ts';
import { seal, unseal } from '#domain/envelope.ts';
import { ConflictError, TrainyardError } from '#domain/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import type { Json, Table } from '#domain/ports/table/port.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { findJob, forgetJob, type JobFailure, type JobKind, startJob, type VaultJob } from '#domain/vault/jobs.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { ROTATION_RUNS } from '#domain/vault/rotation-lease.ts';
import type { VaultServices } from '../services.ts';
import { hasSecrets, lockOf, opensResult, type Secrets } from './result-lock.ts';
import { sendIfLost, sendJob } from './send-job.ts';
import { PostponedError, type Work } from './work.ts';

/** How long a request works before it hands on; less than a function may take. */
const WORK_MS = 10_000;
/** How often it looks for the end of a job. */
const LOOKS = 30;
const LOOK_MS = 100;
/** Of the work that requests of this process have in hand. */
let bytesInHand = 0;

interface Wanted<Q, S> {
  readonly kind: JobKind;
  readonly request: Q;
  /** Passwords. */
  readonly secrets: S;
  /** How much there is to do. */
  readonly bytes: number;
}

/** What keeps others out while a request works. */
export interface Hold {
  /** Throws `ConflictError` where others may be in by now. */
  readonly check: () => void;
  readonly release: () => Promise<void>;
}

interface Following<Q, S, P, R> {
  readonly run: Work<Q, S, P, R>;
  readonly read: (stored: Json) => R;
  readonly isCurrent?: (services: VaultServices, manager: Manager, result: R) => Promise<boolean>;
  readonly hold?: (services: VaultServices, manager: Manager, wanted: Wanted<Q, S>) => Promise<Hold>;
}

/** Of what is asked for, without its passwords. */
export const fingerprintOf = (request: Json): string =>
  createHash('sha256').update(canonicalJson(request)).digest('hex');

export type Outcome<R> = { readonly done: R } | { readonly going: Json };

export const secretsContext = ({ account_id, vault }: Pick<Manager, 'account_id' | 'vault'>) => ({
  'trainyard:account': account_id,
  'trainyard:vault-job': vault,
});

/**
 * @param read a result as a job has stored it
 * @param isCurrent whether a result that waited still says what there is: otherwise it is no answer. Default: it does
 * @param hold taken before the work begins, and held until it has ended or is a job. Default: others may do the same
 * @throws whatever the work throws, also where it ended after its request
 */
export async function runOrQueue<Q extends Json, S extends Secrets, P, R>(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  wanted: Wanted<Q, S>,
  { run, read, isCurrent = async () => true, hold }: Following<Q, S, P, R>,
): Promise<Outcome<R>> {
  const { table, now } = services.adapters;
  const { kind, request, secrets } = wanted;
  const fingerprint = fingerprintOf(request);
  const before = await findJob(table, manager, kind, fingerprint);
  const ended = before && (await untilEnded(services, before, secrets));
  if (ended?.state === 'running') {
    await sendIfLost(services.adapters, ended);
    return { going: ended.progress };
  }
  if (ended && (await opensResult(services, ended, by.userId, secrets))) {
    const isAnswer = ended.failure || (await isCurrent(services, manager, read(ended.result ?? null)));
    if (isAnswer) return { done: await handOut(table, ended, read) };
  }
  const held = await hold?.(services, manager, wanted);
  // One step alone, or several at once, could take longer than a request may.
  const end = bytesInHand + wanted.bytes > services.settings.vaultBytesAtOnce ? 0 : now() + WORK_MS;
  const pace = {
    reached: async (progress: Json) => {
      held?.check();
      if (now() >= end) throw new PostponedError(progress);
    },
  };
  bytesInHand += wanted.bytes;
  try {
    return { done: await run(services, { manager, by, request, secrets }, undefined, pace) };
  } catch (error) {
    if (!(error instanceof PostponedError)) throw error;
    await handOn(services, manager, by, { kind, request, secrets, fingerprint, ended }, error.progress);
    return { going: error.progress };
  } finally {
    bytesInHand -= wanted.bytes;
    await held?.release();
  }
}

interface HandedOn {
  readonly kind: JobKind;
  readonly request: Json;
  readonly secrets: Secrets;
  readonly fingerprint: string;
  /** In its place, with a result that is no answer to this request. */
  readonly ended: VaultJob | undefined;
}

async function handOn(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  of: HandedOn,
  progress: Json,
): Promise<void> {
  const { table, keys, now } = services.adapters;
  const { account_id, vault, id: manager_id } = manager;
  const { secrets, ended, ...rest } = of;
  const plain = Buffer.from(JSON.stringify(secrets), 'utf8');
  const lock = hasSecrets(secrets) ? { lock: await lockOf(services, manager, of, secrets) } : {};
  const job = { ...rest, account_id, vault, manager_id, by, progress, ...lock };
  const sealed = await seal(keys, secretsContext(manager), plain);
  const started = await startJob(table, { ...job, secrets: sealed }, now(), ended);
  if (!started) {
    const other = await findJob(table, manager, of.kind, of.fingerprint);
    if (other?.state === 'running') await expectSameSecrets(keys, other, secrets);
    throw new ConflictError('The same is being done by another request; repeat it to see how far it is');
  }
  await sendJob(services.adapters, job);
}

/** Waits a little for a job. It may be running still. */
async function untilEnded(services: VaultServices, before: VaultJob, secrets: Secrets): Promise<VaultJob> {
  const { table, keys } = services.adapters;
  if (before.state === 'running') await expectSameSecrets(keys, before, secrets);
  let job = before;
  for (let look = 0; job.state === 'running' && look < LOOKS; look += 1) {
    await delay(LOOK_MS);
    const { account_id, vault, manager_id: id } = before;
    job = (await findJob(table, { account_id, vault, id }, job.kind, job.fingerprint)) ?? job;
  }
  return job;
}

/** The result of a job that has ended, once. */
async function handOut<R>(table: Table, job: VaultJob, read: (stored: Json) => R): Promise<R> {
  await forgetJob(table, job);
  if (job.failure) throw new EndedJobError(job.failure);
  return read(job.result ?? null);
}

/** Throws `ConflictError` where a job that is running has others. */
export async function expectSameSecrets(keys: Keys, job: VaultJob, secrets: Secrets): Promise<void> {
  const stored = job.secrets && (await unseal(keys, secretsContext(job), job.secrets));
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const given = digest(Buffer.from(JSON.stringify(secrets), 'utf8'));
  if (stored && timingSafeEqual(digest(stored), given)) return;
  throw new ConflictError(
    job.kind === 'rotation' ? ROTATION_RUNS : 'The same is being done with another password; wait until it has ended',
  );
}

/** What ended a job, as its request would have been answered. */
class EndedJobError extends TrainyardError {
  readonly code: string;
  readonly status: number;
  override readonly facts: NonNullable<TrainyardError['facts']>;
  constructor({ code, status, message, details, facts }: JobFailure) {
    super(message, details);
    this.code = code;
    this.status = status;
    this.facts = facts;
  }
}
