/**
 * Restore drills: a backup that was never restored is a hope. On a schedule the last backup is restored into a scratch
 * vault, which has no manager and is deleted afterwards, and every file is compared with what was backed up.
 */
import { z } from 'zod';
import { indexes, keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { itemOf } from './item.ts';
import type { Manager, ManagerRef } from './manager.ts';

const drill = z.object({
  at: z.string(),
  backup: z.string(),
  /** That are what was backed up. */
  restored: z.int(),
  /** For which there was no time. */
  left: z.int(),
  failed: z.array(z.object({ model_name: z.string(), reason: z.string() })),
  milliseconds: z.int(),
});
export type Drill = z.infer<typeof drill>;

const record = z.object({ account_id: z.string(), id: z.string(), last: drill.optional() });

const keyOf = (of: Pick<Manager, 'account_id' | 'id'>) => keys.vaultDrill(of.account_id, of.id);

/** Plans the first one. Does nothing where one is planned. */
export async function planDrill(table: Table, of: Manager, now: number): Promise<void> {
  if (of.config.restore_drill_interval_hours === 0) return;
  const planned = { account_id: of.account_id, id: of.id, ipk: indexes.dueDrills, isk: isoTime(now) };
  try {
    await table.put(itemOf(keyOf(of), planned), { kind: 'absent' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** Those that were due at `now` (epoch milliseconds). */
export async function drillsDue(table: Table, now: number, limit: number) {
  const query = { index: 'byIndex', partition: indexes.dueDrills, from: '0', to: isoTime(now), limit } as const;
  return (await table.query(query)).items.map((item) => record.parse(item));
}

export async function lastDrill(table: Table, of: Pick<Manager, 'account_id' | 'id'>): Promise<Drill | undefined> {
  const item = await table.get(keyOf(of));
  return item && record.parse(item).last;
}

const HOUR_MS = 3_600_000;

/** Stores the result, if there is one, and plans the next. */
export async function noteDrill(table: Table, of: Manager, last: Drill | undefined, now: number): Promise<void> {
  const hours = of.config.restore_drill_interval_hours;
  const next = hours === 0 ? {} : { ipk: indexes.dueDrills, isk: isoTime(now + hours * HOUR_MS) };
  const set = { account_id: of.account_id, id: of.id, ...(last === undefined ? {} : { last: { ...last } }), ...next };
  await table.update(keyOf(of), { set, ...(hours === 0 ? { remove: ['ipk', 'isk'] } : {}) });
}

/** One that could not be made is made later. */
export async function postponeDrill(table: Table, of: Pick<Manager, 'account_id' | 'id'>, now: number): Promise<void> {
  await table.update(keyOf(of), { set: { isk: isoTime(now + HOUR_MS) } }, { kind: 'present' });
}

/** Of a manager that was deleted, or wants none any more: the last result stays. */
export async function endDrills(table: Table, of: Pick<Manager, 'account_id' | 'id'>): Promise<void> {
  await table.update(keyOf(of), { remove: ['ipk', 'isk'] }, { kind: 'present' });
}

/** Notes a scratch vault as deleted from the beginning, so that the schedule deletes what a crash leaves of it. */
export async function startScratch(table: Table, of: ManagerRef, now: number): Promise<void> {
  const deleted = { ...of, ipk: indexes.deletedVaults, isk: isoTime(now + HOUR_MS) };
  await table.put(itemOf(keys.vaultDeleted(of.account_id, of.vault), deleted), { kind: 'absent' });
}
