/** The versions of a name, from the items that are written with each. */
import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { ensureLookups, type VersionItem, versionItem } from './lookups.ts';

export interface VersionPage {
  /** The highest first. */
  readonly versions: readonly VersionItem[];
  readonly cursor?: string | undefined;
}

/** What `latest` points to. Throws `NotFoundError` if the account has no model of this name. */
export async function latestVersion(table: Table, accountId: string, name: string): Promise<VersionItem> {
  await ensureLookups(table, accountId);
  const [latest] = (await listVersions(table, accountId, name, { limit: 1 })).versions;
  if (!latest) throw new NotFoundError(`No model is named ${name}`);
  return latest;
}

/** Only for a name that was found by `latestVersion` before. Throws `InvalidCursorError`. */
export async function listVersions(
  table: Table,
  accountId: string,
  name: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<VersionPage> {
  const page = await table.query({
    partition: keys.modelVersion(accountId, name, '').pk,
    prefix: prefixes.versions,
    order: 'descending',
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  });
  return { versions: page.items.map((item) => versionItem.parse(item)), cursor: page.cursor };
}
