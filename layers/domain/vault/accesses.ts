/** What is measured of a manager: how often each model was accessed, and how long operations took. */
import { z } from 'zod';
import { keys, prefixes, vaultPartition } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import type { ManagerRef } from './manager.ts';

const access = z.object({ name: z.string(), count: z.int(), last_accessed: z.string() });
export type Access = z.infer<typeof access>;

export async function recordAccess(table: Table, of: ManagerRef, name: string, at: string): Promise<Access> {
  const key = keys.vaultAccess(of.account_id, of.vault, name);
  const change = { add: { count: 1 }, set: { name, last_accessed: at } };
  return access.parse(await table.update(key, change, undefined, { relaxed: true }));
}

export async function findAccess(table: Table, of: ManagerRef, name: string): Promise<Access | undefined> {
  const item = await table.get(keys.vaultAccess(of.account_id, of.vault, name));
  return item && access.parse(item);
}

export async function readAccesses(table: Table, of: ManagerRef): Promise<Access[]> {
  const partition = vaultPartition(of.account_id, of.vault);
  const items = await readAll(table, { partition, prefix: prefixes.vaultAccesses });
  return items.map((item) => access.parse(item));
}

const operations = z.object({
  saves: z.int().default(0),
  save_microseconds: z.int().default(0),
  loads: z.int().default(0),
  load_microseconds: z.int().default(0),
  cache_hits: z.int().default(0),
  cache_misses: z.int().default(0),
});
export type Operations = z.infer<typeof operations>;

/** Adds what was measured. A loss of power may take the last of it. */
export async function recordOperations(table: Table, of: ManagerRef, add: Partial<Operations>): Promise<void> {
  await table.update(keys.vaultOperations(of.account_id, of.vault), { add }, undefined, { relaxed: true });
}

export async function readOperations(table: Table, of: ManagerRef): Promise<Operations> {
  return operations.parse((await table.get(keys.vaultOperations(of.account_id, of.vault))) ?? {});
}
