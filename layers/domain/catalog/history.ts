/**
 * What was changed in the catalog, when and by whom. A change is written in the transaction that makes it. It stays while it
 * is the latest of its entry, and then for as long as the settings say.
 */
import { z } from 'zod';
import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { Query, Table, Write } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';
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

/** What was made, by whom and when. */
export interface Signed {
  readonly by: Author;
  /** RFC 3339. */
  readonly at: string;
  /** For how many days a change is stored that is not the latest any more. 0, the default: for ever. */
  readonly historyDays?: number;
}

const DAY_MS = 86_400_000;

const expiryOf = ({ at, historyDays = 0 }: Signed): { readonly expiresAt?: number } =>
  historyDays === 0 ? {} : { expiresAt: epochSeconds(Date.parse(at) + historyDays * DAY_MS) };

/** Records the change from one state of an entry to the next; a deletion has no state after. */
export function recordChange(
  { before, after }: { readonly before?: Entry; readonly after?: Entry },
  signed: Signed,
): Write {
  const { by, at } = signed;
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
    item: {
      ...keys.catalogChange(of.account_id, of.id, version),
      ...made,
      // Nothing comes after a deletion.
      ...(after === undefined ? expiryOf(signed) : {}),
    },
    condition: { kind: 'absent' },
  };
}

/** For the transaction of the next change: the latest one so far expires from then on. Entries of earlier builds have none. */
export async function supersede(table: Table, { account_id, id, version }: Entry, signed: Signed): Promise<Write[]> {
  const set = expiryOf(signed);
  const key = keys.catalogChange(account_id, id, version);
  if (set.expiresAt === undefined || (await table.get(key)) === undefined) return [];
  return [{ kind: 'update', key, change: { set: { expiresAt: set.expiresAt } } }];
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
 * The changes of an entry, deleted or not, newest first. Versions have no gaps, so the first and the last one say how many
 * there are. Throws `NotFoundError` if the account never had the entry.
 */
export async function readHistory(
  table: Table,
  accountId: string,
  id: number,
  { page, size }: { readonly page: number; readonly size: number },
): Promise<HistoryPage> {
  const { pk: partition } = keys.catalogEntry(accountId, id);
  const newest = { partition, prefix: prefixes.catalogChanges(id), order: 'descending' } as const;
  const [{ items }, first] = await Promise.all([
    table.query({ ...newest, limit: page === 1 ? size : 1 }),
    firstOf(table, { partition, prefix: newest.prefix }),
  ]);
  const [last] = items;
  if (last === undefined || first === undefined) throw new NotFoundError('Model not found');
  const { version } = change.parse(last);
  const total = version - first.version + 1;
  if (page === 1) return { total, changes: items.map((item) => change.parse(item)) };
  const to = version - (page - 1) * size;
  if (to < first.version) return { total, changes: [] };
  const rest = await table.query({
    partition,
    from: keys.catalogChange(accountId, id, Math.max(first.version, to - size + 1)).sk,
    to: keys.catalogChange(accountId, id, to).sk,
    order: 'descending',
    limit: size,
  });
  return { total, changes: rest.items.map((item) => change.parse(item)) };
}

/** The oldest change. A page may be empty where what was in it has expired. */
async function firstOf(table: Table, of: Pick<Query, 'partition' | 'prefix'>): Promise<Change | undefined> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...of, limit: 1, ...(cursor === undefined ? {} : { cursor }) });
    if (page.items[0]) return change.parse(page.items[0]);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}
