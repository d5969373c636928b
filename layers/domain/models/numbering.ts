/** Number and version of a new model, and the writes that create it under them: in one transaction, or not at all. */
import { getAccount } from '../accounts/read.ts';
import { blobKeys } from '../blob-keys.ts';
import { keys } from '../keys.ts';
import { clearOrphanMark } from '../orphans.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { putLookups } from './lookups.ts';
import { lineage, type Model, NEW_MODEL, type TrainedModel } from './record.ts';
import { FIRST_VERSION, nextVersion } from './versions.ts';

/** How often creating a model is tried while other models of the account are created at the same moment. */
export const TRIES = 20;

export interface Numbered {
  readonly created: Model;
  /** The account's last number as it was read. The transaction has to check it, and to count the model. */
  readonly numberAfter: number;
  readonly writes: readonly Write[];
}

export async function numbered(table: Table, made: TrainedModel): Promise<Numbered> {
  const { account_id, model_type, hyperparameters } = made;
  const { last_model_number: numberAfter } = await getAccount(table, account_id);
  const lineageKey = keys.lineage(account_id, made.name);
  const item = await table.get(lineageKey);
  const before = item && lineage.parse(item);
  const { version, reason } = before ? nextVersion(before.version, before, made) : FIRST_VERSION;
  const created: Model = {
    ...NEW_MODEL,
    ...made,
    ...{ number: numberAfter + 1, version, version_reason: reason },
    ...(before?.model_id === undefined ? {} : { previous_id: before.model_id }),
  };
  const unchanged: Condition = before
    ? { kind: 'compare', attribute: 'version', op: '=', value: before.version }
    : { kind: 'absent' };
  const recipe = { model_type, hyperparameters };
  return {
    created,
    numberAfter,
    writes: [
      { kind: 'put', item: { ...keys.model(account_id, made.id), ...created }, condition: { kind: 'absent' } },
      { kind: 'put', item: { ...lineageKey, model_id: made.id, version, ...recipe }, condition: unchanged },
      ...putLookups(created),
      clearOrphanMark('artifacts', blobKeys.modelPrefix(account_id, made.id)),
    ],
  };
}
