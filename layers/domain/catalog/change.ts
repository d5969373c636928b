import { setTimeout as delay } from 'node:timers/promises';
import { isOpen } from '../accounts/deletion/close.ts';
import { ConflictError, NotFoundError, UnavailableError, ValidationError } from '../errors.ts';
import { keys } from '../keys.ts';
import { transactListed } from '../lists/change.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { changedSettings, recordChange, type Signed, supersede } from './history.ts';
import { catalogLists } from './lists.ts';
import { findByModelIds, getEntry } from './read.ts';
import { DEFAULTS, type Entry, type Settings } from './record.ts';

/** How often a change is tried while others change the same entry, and by how much longer to wait at most before each, in milliseconds. */
const TRIES = 20;
const WAIT_MS = 20;

export type NewEntry = Pick<Settings, 'name' | 'model_id'> & Given<Omit<Settings, 'name' | 'model_id'>>;
export type EntryChange = Given<Settings>;

/** A setting that is undefined is not given. */
type Given<S> = { readonly [K in keyof S]?: S[K] | undefined };

const taken = () => new ValidationError([], 'model_id already exists');

/** Throws `ValidationError` if the account has an entry with its `model_id`. */
export async function createEntry(table: Table, accountId: string, given: NewEntry, signed: Signed): Promise<Entry> {
  // Most duplicates are found here, and then take no number.
  const [other] = await findByModelIds(table, accountId, [given.model_id]);
  if (other !== undefined) throw taken();
  return addEntry(table, accountId, { ...given, id: await takeNumbers(table, accountId, 1) }, signed);
}

/** The first of so many new numbers: what numbers are taken for and fails leaves a gap. */
export async function takeNumbers(table: Table, accountId: string, count: number): Promise<number> {
  const { last } = await table.update(keys.catalogNumbers(accountId), { add: { last: count } });
  return Number(last) - count + 1;
}

/** With a number of `takeNumbers`. Throws `ValidationError` if another entry has its `model_id`. */
export async function addEntry(
  table: Table,
  accountId: string,
  { id, ...given }: NewEntry & { readonly id: number },
  signed: Signed,
): Promise<Entry> {
  const { at } = signed;
  const settings = { ...DEFAULTS, ...defined(given) };
  const after: Entry = { ...settings, id, account_id: accountId, version: 1, created_at: at, updated_at: at };
  const writes: Write[] = [
    { kind: 'check', key: keys.account(accountId), condition: isOpen },
    claimWrite(accountId, after),
    { kind: 'put', item: { ...keys.catalogEntry(accountId, id), ...after }, condition: { kind: 'absent' } },
    recordChange({ after }, signed),
  ];
  try {
    await transactListed(table, catalogLists, accountId, { after }, writes);
    return after;
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(0)) throw new NotFoundError(`Account ${accountId} not found`);
    if (error.failed.includes(1)) throw taken();
    throw error;
  }
}

/** What a change was made of, and what it is now: the same where there was nothing to change. */
export interface Changed {
  readonly before: Entry;
  readonly after: Entry;
}

/**
 * Changes what is given and differs. Throws `NotFoundError`, `ConflictError` if the entry has another version than the
 * one given, `ValidationError` if another entry has the new `model_id`.
 */
export async function changeEntry(
  table: Table,
  accountId: string,
  { id, version, ...change }: EntryChange & { readonly id: number; readonly version?: number | undefined },
  signed: Signed,
): Promise<Changed> {
  return retried(table, accountId, { id, version }, async (before) => {
    const settings = { ...before, ...defined(change) };
    if (changedSettings(before, settings).length === 0) return { before, after: before };
    const after = { ...settings, version: before.version + 1, updated_at: signed.at };
    const [from, to] = [before, after].map(({ model_id }) => keys.catalogModelId(accountId, model_id));
    const isMoved = from!.sk !== to!.sk;
    const writes: Write[] = [
      { kind: 'put', item: { ...keys.catalogEntry(accountId, id), ...after }, condition: unchanged(before) },
      recordChange({ before, after }, signed),
      ...(isMoved ? [claimWrite(accountId, after), { kind: 'delete', key: from! } as const] : []),
      ...(await supersede(table, before, signed)),
    ];
    try {
      await transactListed(table, catalogLists, accountId, { before, after }, writes);
      return { before, after };
    } catch (error) {
      const isTaken = error instanceof TransactionFailedError && error.failed.join() === '2';
      throw isTaken ? taken() : error;
    }
  });
}

/** Its number is not used again, and its history is stored for as long as the settings say. Throws `NotFoundError`, `ConflictError` as `changeEntry` does. */
export async function deleteEntry(
  table: Table,
  accountId: string,
  wanted: { readonly id: number; readonly version?: number | undefined },
  signed: Signed,
): Promise<void> {
  await retried(table, accountId, wanted, async (before) =>
    transactListed(table, catalogLists, accountId, { before }, [
      { kind: 'delete', key: keys.catalogEntry(accountId, before.id), condition: unchanged(before) },
      recordChange({ before }, signed),
      { kind: 'delete', key: keys.catalogModelId(accountId, before.model_id) },
      ...(await supersede(table, before, signed)),
    ]),
  );
}

/** Reads the entry and changes it, again while others change it in between. */
async function retried<T>(
  table: Table,
  accountId: string,
  { id, version }: { readonly id: number; readonly version?: number | undefined },
  change: (before: Entry) => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await getEntry(table, accountId, id);
    if (version !== undefined && version !== before.version) {
      throw new ConflictError(`Model ${id} was changed: it has version ${before.version}; got ${version}`);
    }
    try {
      return await change(before);
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      // At random: of many that begin together, each has its turn. Together less than a request has time for.
      await delay(Math.random() * WAIT_MS * (tries + 1));
    }
  }
  throw new UnavailableError(`could not change entry ${id} of the catalog in ${TRIES} tries`);
}

const unchanged = ({ version }: Entry): Condition => ({
  kind: 'compare',
  attribute: 'version',
  op: '=',
  value: version,
});

const claimWrite = (accountId: string, { id, model_id }: Entry): Write => ({
  kind: 'put',
  item: { ...keys.catalogModelId(accountId, model_id), id },
  condition: { kind: 'absent' },
});

const defined = <G extends object>(given: G) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof G]: Exclude<G[K], undefined>;
  };
