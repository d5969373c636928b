/**
 * What is stored for an account, in one place: `purge.ts` deletes this, and nothing else.
 *
 * - Whatever is in the account's own partition, `ACCOUNT#id`. Nothing needs to be said about a record there, unless
 *   others belong to it: those are in `LED_TO`.
 * - Whatever is in one of its `partitions`.
 * - What stands in an index on its way to somewhere else: `TRANSIENT`.
 * - Every file below one of its `prefixes`, in every bucket.
 *
 * A test stores a record of every key in `keys.ts` and looks for what a deletion leaves behind.
 */
import { blobKeys, indexes, keys, listPartition, namePartition, prefixes } from '../../keys.ts';
import type { BucketName } from '../../ports/blobs/port.ts';
import type { Item, Key } from '../../ports/table/port.ts';

/** The partitions that every account has, besides its own. */
export const partitions = (accountId: string): readonly string[] => [
  keys.jobLog(accountId, '', '').pk,
  keys.delivery(accountId, '', '').pk,
  keys.loggedEvent(accountId, '').pk,
  keys.calls(accountId, '').pk,
];

/** What an item of the account's own partition leads to. It is deleted before the item, which is how it is found. */
interface Leads {
  /** Single items elsewhere. They are deleted only if they are this account's. */
  readonly items?: (item: Item) => readonly Key[];
  /** A whole partition. */
  readonly partition?: (accountId: string, item: Item) => string;
}

const after = (prefix: string, { sk }: Key): string => sk.slice(prefix.length);

/** By the prefix of the sort key. */
export const LED_TO: Readonly<Record<string, Leads>> = {
  // Earlier versions stored an account's only user in the account's record.
  [keys.account('').sk]: { items: (item) => namesOf(item) },
  [prefixes.users]: { items: (item) => namesOf(item) },
  [prefixes.sessions]: { items: ({ refresh_sha256 }) => [keys.refreshToken(String(refresh_sha256))] },
  [prefixes.apiKeys]: { items: ({ sha256 }) => [keys.apiKeySecret(String(sha256))] },
  [prefixes.invitations]: { items: ({ token_sha256 }) => [keys.invitationToken(String(token_sha256))] },
  [prefixes.jobs]: { items: (item) => tasksOf(item) },
  [prefixes.lists]: { partition: (accountId, item) => listPartition(accountId, after(prefixes.lists, item)) },
  [prefixes.lineages]: { partition: (accountId, item) => namePartition(accountId, after(prefixes.lineages, item)) },
};

function namesOf({ username, email }: Item): Key[] {
  return [
    ...(typeof username === 'string' ? [keys.username(username)] : []),
    ...(typeof email === 'string' ? [keys.email(email)] : []),
  ];
}

/** The Compute tasks of a job's attempts, in the cloud. */
const tasksOf = ({ id, attempt }: Item): Key[] =>
  Array.from({ length: Number(attempt ?? 0) }, (_, index) => keys.task(`${id}-${index + 1}`));

/** Parts of the index whose items may be any account's: events that are not published, and marks of orphaned files. */
export const TRANSIENT: readonly string[] = [indexes.outbox, indexes.deadLettered, indexes.orphans];

/** Whether an item of those is the account's. */
export const isOf = (accountId: string, { account, prefix }: Item): boolean =>
  account === accountId || (typeof prefix === 'string' && prefix.split('/').includes(accountId));

/** Where its files are. */
export const prefixesOf = (accountId: string): readonly (readonly [BucketName, string])[] => [
  ['datasets', blobKeys.accountPrefix(accountId)],
  ['artifacts', blobKeys.accountPrefix(accountId)],
  ['artifacts', blobKeys.accountCheckpoints(accountId)],
];
