/** Brings entries of another catalog into this one, by their `model_id`s. */
import { TrainyardError } from '../errors.ts';
import type { Table } from '../ports/table/port.ts';
import { addEntry, changeEntry, type NewEntry, takeNumbers } from './change.ts';
import type { Signed } from './history.ts';
import { findByModelIds } from './read.ts';

export const IMPORT_RESULTS = ['created', 'updated', 'unchanged', 'skipped', 'failed'] as const;

export interface Imported {
  readonly model_id: string;
  readonly id: number | null;
  readonly result: (typeof IMPORT_RESULTS)[number];
  /** Why it failed: somebody else has created, changed or deleted it meanwhile. */
  readonly error: string | null;
}

/**
 * One entry after another, each by itself: what was done stays done if a later one fails, and a repetition goes on from
 * there. At most 100, with different `model_id`s. `update`: entries that are there are changed to what is given.
 */
export async function importEntries(
  table: Table,
  accountId: string,
  given: readonly NewEntry[],
  existing: 'skip' | 'update',
  signed: Signed,
): Promise<Imported[]> {
  const ids = await findByModelIds(
    table,
    accountId,
    given.map(({ model_id }) => model_id),
  );
  const missing = ids.filter((id) => id === undefined).length;
  let next = missing > 0 ? await takeNumbers(table, accountId, missing) : 0;
  const done: Imported[] = [];
  for (const [index, of] of given.entries()) {
    const known = ids[index];
    const id = known ?? next++;
    const bring = async (): Promise<Imported['result']> => {
      if (known === undefined) {
        await addEntry(table, accountId, { ...of, id }, signed);
        return 'created';
      }
      if (existing === 'skip') return 'skipped';
      const { before, after } = await changeEntry(table, accountId, { ...of, id }, signed);
      return before === after ? 'unchanged' : 'updated';
    };
    const outcome = await outcomeOf(bring);
    done.push({ model_id: of.model_id, id: outcome.error === null ? id : (known ?? null), ...outcome });
  }
  return done;
}

/** What the caller can see of an error is the result of one entry; any other ends the import. */
async function outcomeOf(bring: () => Promise<Imported['result']>): Promise<Pick<Imported, 'result' | 'error'>> {
  try {
    return { result: await bring(), error: null };
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.status >= 500) throw error;
    return { result: 'failed', error: error.message };
  }
}
