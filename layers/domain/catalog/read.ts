import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { claim, type Entry, parseEntry } from './record.ts';

/** Throws `NotFoundError`, also for an entry of another account. */
export async function getEntry(table: Table, accountId: string, id: number): Promise<Entry> {
  const item = await table.get(keys.catalogEntry(accountId, id));
  if (!item) throw new NotFoundError('Model not found');
  return parseEntry(item);
}

/** The numbers of the entries that have these `model_id`s; at most 100. */
export async function findByModelIds(
  table: Table,
  accountId: string,
  modelIds: readonly string[],
): Promise<(number | undefined)[]> {
  const items = await table.getMany(modelIds.map((modelId) => keys.catalogModelId(accountId, modelId)));
  return items.map((item) => item && claim.parse(item).id);
}

export interface Exported {
  readonly entries: readonly Entry[];
  /** The number of the last of them; null if there are no more. */
  readonly nextAfter: number | null;
}

/** The entries with higher numbers than `after`, in order, up to `limit`. One read, more where entries are large. */
export async function entriesAfter(table: Table, accountId: string, after: number, limit: number): Promise<Exported> {
  const range = { from: keys.catalogEntry(accountId, after + 1).sk, to: `${prefixes.catalogEntries}~` };
  const { pk: partition } = keys.catalogEntry(accountId, 0);
  const found: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({
      ...{ partition, ...range, limit: limit + 1 - found.length },
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items.map(parseEntry));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length <= limit);
  const entries = found.slice(0, limit);
  return { entries, nextAfter: found.length > limit ? entries.at(-1)!.id : null };
}
