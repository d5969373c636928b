/** What was changed in the catalog, when and by whom. A change is written in the transaction that makes it, and stays. */
import { z } from 'zod';
import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { type Entry, SETTINGS, type Settings, settingsOf } from './record.ts';

/** Who asks for a change: says nothing about whose the entry is. */
const author = z.object({
  /** The user of the token, else what the request says. */
  operator_id: z.union([z.string(), z.number()]).nullable(),
  /** `token`: proven by it. `request`: only said. */
  operator_source: z.enum(['token', 'request', 'none']),
});

export type Author = z.infer<typeof author>;

const some = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable());

const change = author.extend({
  id: z.number().int(),
  /** Of the entry, with this change. */
  version: z.number().int(),
  action: z.enum(['created', 'updated', 'deleted']),
  at: z.string(),
  /** The settings that differ; null where there is no entry before or after. */
  before: some.nullable(),
  after: some.nullable(),
});

export type Change = z.infer<typeof change>;

/** Records the change from one state of an entry to the next; a deletion has no state after. */
export function recordChange(
  { before, after }: { readonly before?: Entry; readonly after?: Entry },
  by: Author,
  at: string,
): Write {
  const of = (after ?? before)!;
  const version = after?.version ?? of.version + 1;
  const differ = (state: Entry | undefined): Change['before'] =>
    state === undefined ? null : before && after ? pick(state, changedSettings(before, after)) : settingsOf(state);
  const made: Change = {
    ...by,
    id: of.id,
    version,
    action: after === undefined ? 'deleted' : before === undefined ? 'created' : 'updated',
    at,
    before: differ(before),
    after: differ(after),
  };
  return {
    kind: 'put',
    item: { ...keys.catalogChange(of.account_id, of.id, version), ...made },
    condition: { kind: 'absent' },
  };
}

export const changedSettings = (before: Settings, after: Settings): (keyof Settings)[] =>
  SETTINGS.filter((name) => before[name] !== after[name]);

const pick = (of: Settings, names: readonly (keyof Settings)[]) =>
  Object.fromEntries(names.map((name) => [name, of[name]]));

export interface HistoryPage {
  readonly changes: readonly Change[];
  readonly total: number;
}

/**
 * The changes of an entry, deleted or not, newest first. At most two reads: versions have no gaps, so the last one is
 * the total. Throws `NotFoundError` if the account never had the entry.
 */
export async function readHistory(
  table: Table,
  accountId: string,
  id: number,
  { page, size }: { readonly page: number; readonly size: number },
): Promise<HistoryPage> {
  const { pk: partition } = keys.catalogEntry(accountId, id);
  const newest = { partition, prefix: prefixes.catalogChanges(id), order: 'descending' } as const;
  const { items } = await table.query({ ...newest, limit: page === 1 ? size : 1 });
  const [last] = items;
  if (last === undefined) throw new NotFoundError('Model not found');
  const total = change.parse(last).version;
  if (page === 1) return { total, changes: items.map((item) => change.parse(item)) };
  const to = total - (page - 1) * size;
  if (to < 1) return { total, changes: [] };
  const rest = await table.query({
    partition,
    from: keys.catalogChange(accountId, id, Math.max(1, to - size + 1)).sk,
    to: keys.catalogChange(accountId, id, to).sk,
    order: 'descending',
    limit: size,
  });
  return { total, changes: rest.items.map((item) => change.parse(item)) };
}
