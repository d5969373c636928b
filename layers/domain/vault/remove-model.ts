/** Deleting a model with its earlier revisions. */
import { keys } from '../keys.ts';
import { markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { type Actor, type AuditEvent, appendAudit } from './audit.ts';
import { filesOf, isRevision, whyNot } from './change.ts';
import { bytesOf, count, uncount } from './counts.ts';
import { ModelChangedError } from './errors.ts';
import type { ManagerRef } from './manager.ts';
import type { StoredModel } from './model.ts';
import { type KeptRevision, readRevisions } from './models.ts';
import { expectNotServed, notServed } from './served.ts';
import { forgetActivated } from './versions.ts';

/** Of one transaction, beside what else it writes. */
const REVISIONS_AT_ONCE = 40;

/** The place of that write in the transaction; none that comes after it has a condition, but the audit trail's. */
const ACTIVATED = 4;

/** Deletes earlier revisions and marks their files as orphaned. */
const withRevisions = (of: ManagerRef, revisions: readonly KeptRevision[], now: number): readonly Write[] =>
  revisions.flatMap((one): readonly Write[] => [
    markOrphaned('artifacts', filesOf(one), now),
    { kind: 'delete', key: keys.vaultRevision(of.account_id, of.vault, one.name, one.revision) },
  ]);

/**
 * Deletes the record with its earlier revisions and marks their files as orphaned. Where those are many, the oldest go
 * first, so that none outlives the record, which another model of that name would find. Resolves with the prefixes of all.
 * Throws `ModelNotFoundError`, `ModelChangedError`, `ModelServedError`.
 */
export async function removeModel(
  table: Table,
  of: ManagerRef,
  model: StoredModel,
  by: Actor,
  now: () => number,
): Promise<readonly string[]> {
  const [revisions, activated] = await Promise.all([
    readRevisions(table, of, model.name),
    forgetActivated(table, of, model),
  ]);
  // It was replaced since it was read.
  if (revisions.some(({ revision }) => revision === model.revision)) throw new ModelChangedError(of.id, model.name);
  const last = revisions.slice(0, REVISIONS_AT_ONCE);
  const key = keys.vaultModel(of.account_id, of.vault, model.name);
  const event: AuditEvent = {
    action: 'model_delete',
    model_name: model.name,
    success: true,
    facts: { revision: model.revision, sha256: model.sha256 },
  };
  try {
    for (let left = revisions.length; left > REVISIONS_AT_ONCE; left -= REVISIONS_AT_ONCE) {
      const oldest = revisions.slice(Math.max(REVISIONS_AT_ONCE, left - REVISIONS_AT_ONCE), left);
      const still: Write = { kind: 'check', key, condition: isRevision(model) };
      await table.transact([
        still,
        notServed(model),
        uncount(of, bytesOf(oldest)),
        ...withRevisions(of, oldest, now()),
      ]);
    }
    await appendAudit(table, of, by, event, now, [
      { kind: 'delete', key, condition: isRevision(model) },
      count(of, undefined, model, -bytesOf(last)),
      { kind: 'delete', key: keys.vaultAccess(of.account_id, of.vault, model.name) },
      notServed(model),
      activated,
      markOrphaned('artifacts', filesOf(model), now()),
      ...withRevisions(of, last, now()),
    ]);
    return [model, ...revisions].map(filesOf);
  } catch (error) {
    if (error instanceof TransactionFailedError) {
      await expectNotServed(table, model);
      // Somebody has made it, or another one, the active one of its family.
      if (Math.min(...error.failed) === ACTIVATED) return removeModel(table, of, model, by, now);
    }
    throw await whyNot(table, of, model, error);
  }
}
