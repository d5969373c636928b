/** The versions of a family of models. */
import { z } from 'zod';
import { keys, prefixes, vaultPartition } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { type Actor, appendAudit } from './audit.ts';
import type { ManagerRef } from './manager.ts';
import { familyOf, type StoredModel, VERSION_CHARACTERS } from './model.ts';
import { modelNotFound, modelPages } from './models.ts';
import { type Summary, summaryOf } from './summary.ts';

export interface Family {
  readonly family: string;
  /** The newest first. */
  readonly models: readonly Summary[];
  /** The name of the active one. */
  readonly active: string | undefined;
}

const active = z.object({ model_name: z.string() });

/** The family that a model is of, or that has this name. Throws `ModelNotFoundError`. */
export async function readFamily(table: Table, of: ManagerRef, name: string): Promise<Family> {
  for (const family of new Set([name, familyOf(name).family])) {
    const models = await modelsOfFamily(table, of, family);
    const named = family === name || models.some((model) => model.name === name);
    if (models.length === 0 || !named) continue;
    const sorted = models.sort(newestFirst);
    const item = await table.get(keys.vaultActive(of.account_id, of.vault, family));
    const chosen = item && sorted.find((model) => model.name === active.parse(item).model_name);
    return { family, models: sorted, active: (chosen ?? sorted[0])?.name };
  }
  throw await modelNotFound(table, of, name);
}

async function modelsOfFamily(table: Table, of: ManagerRef, family: string): Promise<Summary[]> {
  const models: Summary[] = [];
  for await (const page of modelPages(table, of, family)) {
    models.push(...page.filter((model) => model.family === family).map(summaryOf));
  }
  return models;
}

/** The names of the models that somebody has made the active ones of their families. */
export async function readActivated(table: Table, of: ManagerRef): Promise<ReadonlySet<string>> {
  const partition = vaultPartition(of.account_id, of.vault);
  const items = await readAll(table, { partition, prefix: prefixes.vaultActives });
  return new Set(items.map((item) => active.parse(item).model_name));
}

/**
 * Makes a model that was restored the active one of its family again, as it was in its backup: unless somebody has chosen
 * one here, or the manager has versions that are not among the `restored`.
 */
export async function activateRestored(
  table: Table,
  of: ManagerRef,
  { name, family }: Pick<StoredModel, 'name' | 'family'>,
  restored: ReadonlySet<string>,
  by: Actor,
  now: () => number,
): Promise<void> {
  const models = await modelsOfFamily(table, of, family);
  if (models.some((model) => !restored.has(model.name))) return;
  const event = {
    action: 'model_activate',
    model_name: name,
    success: true,
    facts: { family, restored: true },
  } as const;
  try {
    await appendAudit(table, of, by, event, now, [
      { kind: 'check', key: keys.vaultModel(of.account_id, of.vault, name), condition: { kind: 'present' } },
      {
        kind: 'put',
        item: { ...keys.vaultActive(of.account_id, of.vault, family), model_name: name },
        condition: { kind: 'absent' },
      },
    ]);
  } catch (error) {
    // Somebody has chosen one, or deleted this one.
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}

/** Makes it the active one of its family. Throws `ModelNotFoundError` if it was deleted. */
export async function activateModel(
  table: Table,
  of: ManagerRef,
  { name, family }: StoredModel,
  by: Actor,
  now: () => number,
): Promise<void> {
  const event = { action: 'model_activate', model_name: name, success: true, facts: { family } } as const;
  try {
    await appendAudit(table, of, by, event, now, [
      { kind: 'check', key: keys.vaultModel(of.account_id, of.vault, name), condition: { kind: 'present' } },
      { kind: 'put', item: { ...keys.vaultActive(of.account_id, of.vault, family), model_name: name } },
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw await modelNotFound(table, of, name);
    throw error;
  }
}

/**
 * For the transaction that deletes a model: a later model of its name is not the active one of its family because this one
 * was. The write fails where a version is made the active one in between.
 */
export async function forgetActivated(
  table: Table,
  of: ManagerRef,
  { name, family }: Pick<StoredModel, 'name' | 'family'>,
): Promise<Write> {
  const key = keys.vaultActive(of.account_id, of.vault, family);
  const item = await table.get(key);
  const attribute = 'model_name';
  if (item && active.parse(item).model_name === name) {
    return { kind: 'delete', key, condition: { kind: 'compare', attribute, op: '=', value: name } };
  }
  const another: Condition = { kind: 'compare', attribute, op: '<>', value: name };
  return { kind: 'check', key, condition: { kind: 'any', of: [{ kind: 'absent' }, another] } };
}

/** By version, and of the same version the one that was created last. */
export function newestFirst(a: Summary, b: Summary): number {
  const order = compareVersions(b.version, a.version);
  if (order !== 0) return order;
  return a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0;
}

/** By their numbers; a version with a suffix such as `2.0.0-rc1` is before the one without. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i += 1) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.suffix === right.suffix) return 0;
  if (left.suffix === '' || right.suffix === '') return left.suffix === '' ? 1 : -1;
  return left.suffix < right.suffix ? -1 : 1;
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly suffix: string } {
  // An earlier release stored longer ones.
  const text = version.slice(0, VERSION_CHARACTERS).replace(/^v/i, '');
  const at = text.search(/[^0-9.]/);
  const numbers = (at < 0 ? text : text.slice(0, at)).split('.').filter((part) => part !== '');
  return { numbers: numbers.map(Number), suffix: at < 0 ? '' : text.slice(at) };
}
