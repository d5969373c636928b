/** Reading models. */
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { keys, prefixes, vaultPartition } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { ModelNotFoundError, RevisionNotFoundError } from './errors.ts';
import type { ManagerRef } from './manager.ts';
import { LISTED_NAMES } from './managers.ts';
import { type StoredModel, storedModel } from './model.ts';

export async function findModel(table: Table, of: ManagerRef, name: string): Promise<StoredModel | undefined> {
  const item = await table.get(keys.vaultModel(of.account_id, of.vault, name));
  return item && storedModel.parse(item);
}

/** Throws `ModelNotFoundError`. */
export async function getModel(table: Table, of: ManagerRef, name: string): Promise<StoredModel> {
  const found = await findModel(table, of, name);
  if (!found) throw await modelNotFound(table, of, name);
  return found;
}

export async function modelNotFound(table: Table, of: ManagerRef, name: string): Promise<ModelNotFoundError> {
  return new ModelNotFoundError(of.id, name, await someNames(table, of));
}

/** The first names, for an error. */
export async function someNames(table: Table, of: ManagerRef): Promise<string[]> {
  const partition = vaultPartition(of.account_id, of.vault);
  const page = await table.query({ partition, prefix: prefixes.vaultModels, limit: LISTED_NAMES });
  return page.items.map(({ sk }) => sk.slice(prefixes.vaultModels.length));
}

/**
 * Every model whose name begins with `prefix`, a page at a time: the metadata of all of them may be more than there is memory
 * for. Between pages, others have their turn.
 */
export async function* modelPages(table: Table, of: ManagerRef, prefix = ''): AsyncGenerator<StoredModel[]> {
  const query = {
    partition: vaultPartition(of.account_id, of.vault),
    prefix: `${prefixes.vaultModels}${prefix}`,
    limit: PAGE,
  };
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    yield page.items.map((item) => storedModel.parse(item));
    cursor = page.cursor;
    await turn();
  } while (cursor !== undefined);
}

const PAGE = 1000;

/** All of them, with their metadata. */
export async function readModels(table: Table, of: ManagerRef): Promise<StoredModel[]> {
  const models: StoredModel[] = [];
  for await (const page of modelPages(table, of)) models.push(...page);
  return models;
}

/** How many items are read at once. */
const AT_ONCE = 100;

/** Those of the names that exist, in their order, each once. */
export async function readNamedModels(table: Table, of: ManagerRef, names: readonly string[]): Promise<StoredModel[]> {
  const wanted = [...new Set(names)].map((name) => keys.vaultModel(of.account_id, of.vault, name));
  const found: StoredModel[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const items = await table.getMany(wanted.slice(at, at + AT_ONCE));
    found.push(...items.flatMap((item) => (item ? [storedModel.parse(item)] : [])));
  }
  return found;
}

/** With what it counts in its manager's record: nothing where an earlier version kept it. */
const keptRevision = storedModel.extend({ counted_bytes: z.int().default(0) });
export type KeptRevision = z.infer<typeof keptRevision>;

/** The earlier revisions of a model that are still kept, newest first. */
export async function readRevisions(table: Table, of: ManagerRef, name: string): Promise<KeptRevision[]> {
  const partition = vaultPartition(of.account_id, of.vault);
  const items = await readAll(table, { partition, prefix: prefixes.vaultRevisions(name), order: 'descending' });
  return items.map((item) => keptRevision.parse(item));
}

const revisionFacts = storedModel.pick({ revision: true, modified_at: true, size: true, sha256: true });
/** What tells an earlier revision from others. */
export type RevisionFacts = z.infer<typeof revisionFacts>;

/**
 * The newest of the earlier revisions that are still kept, a page at a time: the metadata of all of them may be more than
 * there is memory for.
 * @param most how many, at most 1,000
 */
export async function newestRevisions(
  table: Table,
  of: ManagerRef,
  name: string,
  most: number,
): Promise<RevisionFacts[]> {
  const partition = vaultPartition(of.account_id, of.vault);
  const query = { partition, prefix: prefixes.vaultRevisions(name), order: 'descending', limit: most } as const;
  const found: RevisionFacts[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    for (const item of page.items) found.push(revisionFacts.parse(item));
    cursor = found.length < most ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found.slice(0, most);
}

/**
 * The model as of a revision: its own, which is the default, or an earlier one that is still kept. Throws
 * `ModelNotFoundError`, `RevisionNotFoundError`.
 */
export async function getRevision(
  table: Table,
  of: ManagerRef,
  name: string,
  revision: string | undefined,
): Promise<StoredModel> {
  const current = await getModel(table, of, name);
  if (revision === undefined || current.revision === revision) return current;
  const item = await table.get(keys.vaultRevision(of.account_id, of.vault, name, revision));
  if (item) return storedModel.parse(item);
  const earlier = await readRevisions(table, of, name);
  const kept = [current, ...earlier].map((one) => one.revision);
  throw new RevisionNotFoundError(of.id, name, revision, kept.slice(0, LISTED_NAMES));
}
