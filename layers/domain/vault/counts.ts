/** What a manager's record counts of its models: the writes that change it in the transactions that change those. */
import { keys } from '../keys.ts';
import type { Write } from '../ports/table/port.ts';
import type { ManagerRef } from './manager.ts';
import type { StoredModel } from './model.ts';
import type { KeptRevision } from './models.ts';

interface Counts {
  readonly models: number;
  readonly bytes: number;
  readonly encrypted: number;
  readonly compressed: number;
}

export const bytesOf = (revisions: readonly KeptRevision[]): number =>
  revisions.reduce((sum, { counted_bytes }) => sum + counted_bytes, 0);

const countsOf = (of: StoredModel): Counts => ({
  models: 1,
  bytes: of.size,
  encrypted: of.encryption ? 1 : 0,
  compressed: of.compressed ? 1 : 0,
});

/**
 * Changes the manager's counts, and fails where that manager is not there any more. `revisionBytes`: of the earlier
 * revisions that are kept from now on, negative of those that are not.
 */
export function count(
  of: ManagerRef,
  after: StoredModel | undefined,
  before: StoredModel | undefined,
  revisionBytes: number,
): Write {
  const [plus, minus] = [after, before].map((one) => (one ? countsOf(one) : undefined));
  const difference = (name: keyof Counts) => (plus?.[name] ?? 0) - (minus?.[name] ?? 0);
  return {
    kind: 'update',
    key: keys.vaultManager(of.account_id, of.id),
    change: {
      add: {
        models: difference('models'),
        bytes: difference('bytes'),
        encrypted: difference('encrypted'),
        compressed: difference('compressed'),
        revision_bytes: revisionBytes,
        changes: 1,
      },
    },
    condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
  };
}

/** Of earlier revisions that are deleted before their model. */
export const uncount = (of: ManagerRef, bytes: number): Write => ({
  kind: 'update',
  key: keys.vaultManager(of.account_id, of.id),
  change: { add: { revision_bytes: -bytes } },
  condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
});

/** Of a model that stays the same in number and size. */
export const countChange = (of: ManagerRef): Write => ({
  kind: 'update',
  key: keys.vaultManager(of.account_id, of.id),
  change: { add: { changes: 1 } },
  condition: { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
});
