/**
 * Ordered lists of an account's records: by each field that they can be sorted by, of all of them and of each part that
 * they can be filtered to. A page is found by its number, a total is known, and neither takes more reads the longer the
 * list is.
 *
 * One list is one partition of the table:
 *
 *     entry    E#<value> <id>    one for each record, in the list's order
 *     bucket   B#<first entry>   how many entries lie between here and the next bucket
 *
 * Entries and buckets change in the transaction that changes the record, so a list never lags. The buckets lead to any
 * position: their counts are added up until the bucket that holds it (`page.ts`). A bucket that has grown is split
 * (`split.ts`). Lists that an earlier release did not write are made when they are first needed (`build.ts`).
 */
import type { Key } from '../ports/table/port.ts';

/** What an account has many of. `R` is the record. */
export interface ListSpec<R> {
  /** Part of the partition's key; never changes. */
  readonly name: string;
  /** The prefix of the records' sort keys below the account. */
  readonly prefix: string;
  readonly parse: (item: unknown) => R;
  readonly idOf: (record: R) => string;
  /** By name: a record's place in that order, as `order.ts` writes it. */
  readonly sorts: Readonly<Record<string, (record: R) => string>>;
  /** Parts with lists of their own, such as `model_type=mlp`. */
  readonly parts: (record: R) => readonly string[];
}

/** One list: an order, of everything or of a part. */
export interface ListName {
  readonly sort: string;
  readonly part?: string | undefined;
}

export const partitionOf = (spec: { readonly name: string }, accountId: string, { sort, part }: ListName): string =>
  `ACCOUNT#${accountId}#LIST#${spec.name}#${sort}#${part ?? ''}`;

const ENTRY = 'E#';
const BUCKET = 'B#';

export const entryKey = (pk: string, position: string): Key => ({ pk, sk: ENTRY + position });
export const bucketKey = (pk: string, first: string): Key => ({ pk, sk: BUCKET + first });
export const positionOf = ({ sk }: Key): string => sk.slice(2);

/** Sort keys of buckets up to the one that holds a position, and of all entries. */
export const bucketsUpTo = (position: string) => ({ from: BUCKET, to: BUCKET + position });
export const ALL_BUCKETS = BUCKET;
export const entriesFrom = (position: string) => ({ from: ENTRY + position, to: 'E$' });
export const entriesUpTo = (position: string | undefined) => ({
  from: ENTRY,
  to: position === undefined ? 'E$' : ENTRY + position,
});

/** Where a record stands in the lists that it is in. */
export interface Place extends ListName {
  readonly position: string;
}

export function placesOf<R>(spec: ListSpec<R>, record: R): Place[] {
  const id = spec.idOf(record);
  return Object.entries(spec.sorts).flatMap(([sort, place]) => {
    // The separator sorts before everything that values are written with; the id tells equal values apart.
    const position = `${place(record)}\u0001${id}`;
    return [undefined, ...spec.parts(record)].map((part) => ({ sort, part, position }));
  });
}
