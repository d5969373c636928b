/**
 * What is stored for an account, in one place: `purge.ts` deletes this, and nothing else.
 *
 * - The partitions that every account has: `rootsOf`. First among them is its own, `ACCOUNT#id`: nothing needs to be
 *   said about a new kind of record there.
 * - What is found by their items only: items and whole partitions that they lead to.
 * - What stands in an index on its way to somewhere else: `TRANSIENT`.
 * - Every file below one of its prefixes, in every bucket: `prefixesOf`.
 *
 * A test stores a record of every key in `keys.ts` and looks for what a deletion leaves behind.
 */
import { blobKeys } from '../../blob-keys.ts';
import { indexes, keys, listPartition, namePartition, prefixes, vaultPartition } from '../../keys.ts';
import { BUCKETS, type BucketName } from '../../ports/blobs/port.ts';
import type { Item, Key } from '../../ports/table/port.ts';

/** What is deleted before the item by which it is found. */
export interface Leads {
  /** Single items elsewhere. They are deleted only if their `account_id` is the account's. */
  readonly items?: (item: Item) => readonly Key[];
  /** Whole partitions. */
  readonly partitions?: (accountId: string, item: Item) => readonly string[];
}

export interface Root {
  readonly partition: string;
  /** By the prefix of the sort key. */
  readonly leads: Readonly<Record<string, Leads>>;
}

const after = (prefix: string, { sk }: Key): string => sk.slice(prefix.length);

/** What the items of an account's own partition lead to. */
export const OWN: Root['leads'] = {
  // Earlier versions stored an account's only user in the account's record.
  [keys.account('').sk]: { items: (item) => namesOf(item) },
  [prefixes.users]: { items: (item) => namesOf(item) },
  [prefixes.sessions]: { items: ({ refresh_sha256 }) => [keys.refreshToken(String(refresh_sha256))] },
  [prefixes.apiKeys]: { items: ({ sha256 }) => [keys.apiKeySecret(String(sha256))] },
  [prefixes.invitations]: { items: ({ token_sha256 }) => [keys.invitationToken(String(token_sha256))] },
  [prefixes.jobs]: { items: (item) => tasksOf(item) },
  [prefixes.lists]: { partitions: (accountId, item) => [listPartition(accountId, after(prefixes.lists, item))] },
  [prefixes.lineages]: { partitions: (accountId, item) => [namePartition(accountId, after(prefixes.lineages, item))] },
};

/** What the items of the vault lead to. The trail and the backups of a manager outlive it. */
const VAULT: Root['leads'] = {
  [prefixes.vaultManagers]: { partitions: (accountId, { vault }) => [vaultPartition(accountId, String(vault))] },
  [prefixes.vaultDeleted]: { partitions: (accountId, { vault }) => [vaultPartition(accountId, String(vault))] },
  [prefixes.vaultKnown]: {
    partitions: (accountId, { id }) => [
      keys.vaultAuditHead(accountId, String(id)).pk,
      keys.vaultBackup(accountId, String(id), '').pk,
    ],
  },
};

const alone = (partition: string): Root => ({ partition, leads: {} });

export const rootsOf = (accountId: string): readonly Root[] => [
  { partition: keys.account(accountId).pk, leads: OWN },
  alone(keys.jobLog(accountId, '', '').pk),
  alone(keys.delivery(accountId, '', '').pk),
  alone(keys.loggedEvent(accountId, '').pk),
  alone(keys.calls(accountId, '').pk),
  alone(keys.catalogNumbers(accountId).pk),
  alone(keys.logDay(accountId, '', '').pk),
  { partition: keys.vaultManager(accountId, '').pk, leads: VAULT },
];

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
  ...BUCKETS.map((bucket) => [bucket, blobKeys.accountPrefix(accountId)] as const),
  ['artifacts', blobKeys.accountCheckpoints(accountId)],
];
