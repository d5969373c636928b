/**
 * What keeps two rotations of one manager apart while they work within their requests; afterwards, the record of the job does.
 * Those that do the same share a lease: the call that repeats a rotation after a crash does not wait until it has run out.
 *
 *     first one     lease, 1 inside ── renewing ────── 0 inside, deleted
 *     the same          └─ 2 inside ──── 1 inside
 *     another one   refused until the lease is deleted, or has run out after a crash
 */
import { z } from 'zod';
import { type Sealed, sealed } from '../envelope.ts';
import { ConflictError } from '../errors.ts';
import { newId } from '../ids.ts';
import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';

const rotationLease = z.object({
  lease: z.string(),
  /** How many requests share it. */
  inside: z.int(),
  /** What they do: a digest of the passwords and options, under the platform's key. */
  claim: sealed,
});
export type RotationLease = z.infer<typeof rotationLease>;

export const ROTATION_RUNS = 'Another rotation is running, with other passwords or options; wait until it has ended';

export interface Claim {
  readonly seal: () => Promise<Sealed>;
  readonly isSame: (stored: Sealed) => Promise<boolean>;
}

/** How often to try while others take the lease and give it back. */
const TRIES = 10;

/** At least until then. */
const until = (end: number) => ({ expiresAt: epochSeconds(end) + 1 });

/**
 * Takes the lease until `end` (epoch milliseconds), or shares it with those that do the same.
 *
 * @throws {ConflictError} while another rotation has it
 */
export async function enterRotation(table: Table, of: ManagerRef, claim: Claim, end: number): Promise<RotationLease> {
  const key = keys.vaultRotationLease(of.account_id, of.vault);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const item = await table.get(key);
    const found = item && rotationLease.parse(item);
    if (found === undefined) {
      const taken: RotationLease = { lease: newId(end), inside: 1, claim: await claim.seal() };
      const put = table.put(itemOf(key, { ...taken, ...until(end) }), { kind: 'absent' });
      if (await succeeds(put)) return taken;
    } else if (await claim.isSame(found.claim)) {
      const shared = await changed(table, of, found, { set: until(end), add: { inside: 1 } });
      if (shared) return shared;
    } else break;
  }
  throw new ConflictError(ROTATION_RUNS);
}

/** Holds it until `end` (epoch milliseconds). Whether it was still held. */
export async function renewRotation(table: Table, of: ManagerRef, lease: RotationLease, end: number): Promise<boolean> {
  return (await changed(table, of, lease, { set: until(end) })) !== undefined;
}

/** The last one to leave deletes it. */
export async function leaveRotation(table: Table, of: ManagerRef, lease: RotationLease): Promise<void> {
  const left = await changed(table, of, lease, { add: { inside: -1 } });
  if (left === undefined || left.inside > 0) return;
  const nobody: Condition = { kind: 'compare', attribute: 'inside', op: '=', value: 0 };
  const condition: Condition = { kind: 'all', of: [heldBy(lease), nobody] };
  await succeeds(table.delete(keys.vaultRotationLease(of.account_id, of.vault), condition));
}

const heldBy = ({ lease }: RotationLease): Condition => ({
  kind: 'compare',
  attribute: 'lease',
  op: '=',
  value: lease,
});

async function changed(
  table: Table,
  of: ManagerRef,
  lease: RotationLease,
  change: Change,
): Promise<RotationLease | undefined> {
  try {
    const key = keys.vaultRotationLease(of.account_id, of.vault);
    return rotationLease.parse(await table.update(key, change, heldBy(lease)));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}

/** Whether the condition of a write held. */
async function succeeds(write: Promise<void>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
