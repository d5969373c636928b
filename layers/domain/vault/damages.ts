/** Which models were found to be damaged, until their files are whole again, or they are replaced or deleted. */
import { z } from 'zod';
import { keys, prefixes, vaultPartition } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import type { StoredModel } from './model.ts';

const damage = z.object({ name: z.string(), revision: z.string(), found_at: z.string() });
type Damage = z.infer<typeof damage>;

const keyOf = (of: ManagerRef, name: string) => keys.vaultDamage(of.account_id, of.vault, name);

export async function noteDamage(
  table: Table,
  of: ManagerRef,
  { name, revision }: Pick<StoredModel, 'name' | 'revision'>,
  now: number,
): Promise<void> {
  const found: Damage = { name, revision, found_at: isoTime(now) };
  await table.put(itemOf(keyOf(of, name), found));
}

/** The first hundred by name. */
export async function readDamages(table: Table, of: ManagerRef): Promise<readonly Damage[]> {
  const partition = vaultPartition(of.account_id, of.vault);
  const { items } = await table.query({ partition, prefix: prefixes.vaultDamages, limit: 100 });
  return items.map((item) => damage.parse(item));
}

export const clearDamage = (table: Table, of: ManagerRef, name: string): Promise<void> => table.delete(keyOf(of, name));
