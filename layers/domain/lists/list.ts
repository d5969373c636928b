/**
 * Sorted lists of an account's records: for each field that the records can be sorted by, one list of all of them, and
 * one of each part that they can be filtered to. A page by its number and the total take the same few reads, however
 * long the list is.
 *
 * One list is one partition of the table:
 *
 *     entry    E#<position>          one for each record, in the list's order
 *     bucket   B#<first position>    how many entries lie between here and the next bucket
 *
 * Entries and buckets change in the transaction that changes the record, so a list is never behind. Adding up the
 * buckets' counts leads to the bucket of any page (`page.ts`). A bucket that has grown is split (`split.ts`). The lists
 * of records that an earlier release wrote are built when they are first needed (`build.ts`).
 */
import { keys, listPartition } from '../keys.ts';
import type { Item, Key } from '../ports/table/port.ts';
import type { Filter } from './filters.ts';
import { type Range, SEPARATOR } from './order.ts';

/** What the lists of one kind of record are. `R` is the record. */
export interface ListSpec<R> {
  /** Part of the keys, such as `MODELS`: it never changes. */
  readonly kind: string;
  /** The prefix of the records' sort keys in their partition, which is one for all records of an account. */
  readonly prefix: string;
  readonly keyOf: (accountId: string, id: string) => Key;
  readonly parse: (item: Item) => R;
  readonly idOf: (record: R) => string;
  /** By name: where a record stands in that order, as text that sorts by its bytes (`order.ts`). */
  readonly sorts: Readonly<Record<string, (record: R) => string>>;
  /** The parts that the record is in and that have lists of their own, such as `model_type=mlp`. */
  readonly parts: (record: R) => readonly string[];
  /** By name: filters that read through a list, because they have none of their own. */
  readonly filters: Readonly<Record<string, Filter<R>>>;
}

/** One list: an order, of all records or of a part. */
export interface ListName {
  readonly sort: string;
  readonly part?: string | undefined;
}

type Kind = Pick<ListSpec<unknown>, 'kind'>;

/** The list's name among all of the account's. */
export const listName = ({ kind }: Kind, { sort, part = '' }: ListName): string => `${kind}#${sort}#${part}`;

export const partitionOf = (kind: Kind, accountId: string, list: ListName): string =>
  listPartition(accountId, listName(kind, list));

/** The entry's or bucket's position, without the prefix of its kind. */
export const positionOf = ({ sk }: Key): string => sk.slice(2);

const { sk: ENTRY } = keys.listEntry('', '');
const { sk: BUCKET } = keys.listBucket('', '');
/** Above the key of every entry. */
const ENTRIES_END = 'E$';

export const ALL_BUCKETS = BUCKET;
/** Buckets up to the one that a position is in. */
export const bucketsUpTo = (position: string) => ({ from: BUCKET, to: BUCKET + position });

export const entriesIn = ({ from = '', to }: Range) => ({
  from: ENTRY + from,
  to: to === undefined ? ENTRIES_END : ENTRY + to,
});

/** Where a record stands in one of the lists that it is in. */
export interface Place extends ListName {
  readonly position: string;
}

export function placesOf<R>(spec: ListSpec<R>, record: R): Place[] {
  const id = spec.idOf(record);
  const parts = [undefined, ...spec.parts(record)];
  return Object.entries(spec.sorts).flatMap(([sort, place]) => {
    // The id keeps records with equal values apart.
    const position = place(record) + SEPARATOR + id;
    return parts.map((part) => ({ sort, part, position }));
  });
}
