/**
 * Limits how many of an account's files are read at once. A reading takes one of the account's slots: an item that expires
 * when its reader can no longer be running. There is one slot fewer than there are readers, so that no account occupies all
 * of them. The slot of a lost reader is free after that time, and for the same dataset at once.
 */
import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { epochSeconds } from '../times.ts';

interface Reading {
  readonly id: string;
  readonly account_id: string;
  readonly reader_slot?: number | undefined;
}

const isOwn = ({ id }: Reading): Condition => ({ kind: 'compare', attribute: 'dataset_id', op: '=', value: id });

/** A write that acquires a free slot until `until` (epoch milliseconds). */
export function acquireSlot(of: Reading, slot: number, until: number): Write {
  return {
    kind: 'put',
    item: { ...keys.readingSlot(of.account_id, slot), dataset_id: of.id, expiresAt: epochSeconds(until) + 1 },
    condition: { kind: 'any', of: [{ kind: 'absent' }, isOwn(of)] },
  };
}

/** Does nothing if the dataset has no slot, or if its slot expired and belongs to another dataset by now. */
export async function releaseSlot(table: Table, of: Reading): Promise<void> {
  if (of.reader_slot === undefined) return;
  try {
    await table.delete(keys.readingSlot(of.account_id, of.reader_slot), isOwn(of));
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** The slots of an account in the order in which to try them: first the one that the dataset had before. */
export function slotsToTry({ reader_slot = 0 }: Reading, readers: number): number[] {
  const all = Array.from({ length: readers - 1 }, (_, slot) => slot);
  return [...new Set([Math.min(reader_slot, readers - 2), ...all])];
}
