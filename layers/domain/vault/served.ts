/**
 * Models of the platform that were made of a model in the vault. An item of the vault's model lists them, and is written
 * in the transactions that create and delete them:
 *
 *     deploy    transact: the platform's model, listed here; the vault's model is still the one that was read
 *     delete the platform's model    transact: the record, not listed here any more
 *     delete the vault's model       transact: only while nothing is listed
 *
 * So a model that is served is not deleted from the vault, whoever does what at the same time.
 */
import { z } from 'zod';
import { ConflictError } from '../errors.ts';
import { keys, prefixes, vaultPartition } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { ModelServedError } from './errors.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import type { StoredModel } from './model.ts';

/** What a model of the platform was made of. */
export const vaultOrigin = z.object({
  manager_id: z.string(),
  vault: z.string(),
  model_id: z.string(),
  model_name: z.string(),
  version: z.string(),
  revision: z.string(),
  sha256: z.string(),
});
export type VaultOrigin = z.infer<typeof vaultOrigin>;

export const originOf = (of: StoredModel): VaultOrigin => ({
  manager_id: of.manager_id,
  vault: of.vault,
  model_id: of.id,
  model_name: of.name,
  version: of.version,
  revision: of.revision,
  sha256: of.sha256,
});

const served = z.object({
  id: z.string(),
  name: z.string(),
  /** Of the file that it was made of, which may have been replaced since. */
  sha256: z.string(),
  since: z.string(),
});
export type Served = z.infer<typeof served>;

const list = z.object({
  models: z.array(served),
  /** The last change: another one for each, so that a write finds whether the list is the one that was read. */
  last: z.string(),
});

interface Place {
  readonly account_id: string;
  readonly vault: string;
  readonly name: string;
}

const keyOf = ({ account_id, vault, name }: Place) => keys.vaultServed(account_id, vault, name);

/** The models of the platform that were made of one of the vault, the oldest first. */
export async function readServed(table: Table, of: Place): Promise<Served[]> {
  return (await readList(table, of)).models;
}

async function readList(table: Table, of: Place): Promise<{ readonly models: Served[]; readonly last?: string }> {
  const item = await table.get(keyOf(of));
  return item ? list.parse(item) : { models: [] };
}

const unchanged = (last: string | undefined): Condition =>
  last === undefined ? { kind: 'absent' } : { kind: 'compare', attribute: 'last', op: '=', value: last };

/** Counts on the manager, which cannot be deleted while it has any, and fails where it is not there any more. */
const count = (
  accountId: string,
  { manager_id, vault }: Pick<VaultOrigin, 'manager_id' | 'vault'>,
  by: 1 | -1,
): Write => ({
  kind: 'update',
  key: keys.vaultManager(accountId, manager_id),
  change: { add: { served: by } },
  condition: { kind: 'compare', attribute: 'vault', op: '=', value: vault },
});

/** The writes for the transaction that creates the platform's model. Throws `ConflictError` if there are too many. */
export async function beginServing(table: Table, of: StoredModel, model: Served): Promise<readonly Write[]> {
  const { models, last } = await readList(table, of);
  if (models.length >= LIMITS.vault.servedModels) {
    throw new ConflictError(
      `Model '${of.name}' is served by ${models.length} models of the platform, the most it may be`,
    );
  }
  return [
    {
      kind: 'check',
      key: keys.vaultModel(of.account_id, of.vault, of.name),
      condition: { kind: 'compare', attribute: 'revision', op: '=', value: of.revision },
    },
    {
      kind: 'put',
      item: itemOf(keyOf(of), { models: [...models, model], last: `+${model.id}` }),
      condition: unchanged(last),
    },
    count(of.account_id, of, 1),
  ];
}

/** The writes for the transaction that deletes the platform's model. None where the vault knows nothing of it. */
export async function endServing(
  table: Table,
  account_id: string,
  origin: VaultOrigin,
  id: string,
): Promise<readonly Write[]> {
  const place = { account_id, vault: origin.vault, name: origin.model_name };
  const { models, last } = await readList(table, place);
  const left = models.filter((one) => one.id !== id);
  if (left.length === models.length) return [];
  const condition = unchanged(last);
  const write: Write =
    left.length === 0
      ? { kind: 'delete', key: keyOf(place), condition }
      : { kind: 'put', item: itemOf(keyOf(place), { models: left, last: `-${id}` }), condition };
  return [write, count(account_id, origin, -1)];
}

/** Part of the transaction that deletes the vault's model. */
export const notServed = (of: Place): Write => ({ kind: 'check', key: keyOf(of), condition: { kind: 'absent' } });

/** Throws `ModelServedError` while the platform serves the model. */
export async function expectNotServed(table: Table, of: StoredModel): Promise<void> {
  const models = await readServed(table, of);
  if (models.length > 0)
    throw new ModelServedError(
      of.manager_id,
      [of.name],
      models.map(({ id }) => id),
    );
}

/** Throws `ModelServedError` while the platform serves one of the manager's models. */
export async function expectNoneServed(table: Table, of: ManagerRef): Promise<void> {
  const partition = vaultPartition(of.account_id, of.vault);
  const items = await readAll(table, { partition, prefix: prefixes.vaultServed });
  if (items.length === 0) return;
  const names = items.map(({ sk }) => sk.slice(prefixes.vaultServed.length));
  throw new ModelServedError(
    of.id,
    names,
    items.flatMap((item) => list.parse(item).models.map(({ id }) => id)),
  );
}
