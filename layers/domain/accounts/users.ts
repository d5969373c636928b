/** Users. Each user belongs to one account. */
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Item, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { ROLES } from './scopes.ts';

export const user = z.object({
  id: z.string(),
  account_id: z.string(),
  username: z.string(),
  email: z.string(),
  full_name: z.string(),
  /** A PHC string: algorithm, parameters, salt and hash. */
  password_hash: z.string(),
  role: z.enum(ROLES),
  created_at: z.string(),
  /** A code with which the user may choose a new password, once. */
  reset: z.object({ code_sha256: z.string(), expires_at: z.string() }).optional(),
  /** The user is being removed and cannot log in any more. */
  removed: z.boolean().optional(),
});
export type User = z.infer<typeof user>;

/** An id that no account has. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Earlier versions stored an account's only user, its administrator, in the account's own record. */
const founder = user.omit({ account_id: true, role: true });

function founderOf(item: Item | undefined): User | undefined {
  const parsed = founder.safeParse(item);
  return parsed.success ? { ...parsed.data, account_id: parsed.data.id, role: 'admin' } : undefined;
}

export async function findUser(table: Table, accountId: string, id: string): Promise<User | undefined> {
  const item = await table.get(keys.user(accountId, id));
  if (item) return user.parse(item);
  return id === accountId ? founderOf(await table.get(keys.account(accountId))) : undefined;
}

/** Throws `NotFoundError`. */
export async function getUser(table: Table, accountId: string, id: string): Promise<User> {
  const found = await findUser(table, accountId, id);
  if (!found) throw new NotFoundError(`User ${id} not found`);
  return found;
}

const taken = z.object({ account_id: z.string(), user_id: z.string().optional() });

/** By username, ignoring case. Reads as often for an unknown name, so that timing does not reveal it. */
export async function findUserByUsername(table: Table, username: string): Promise<User | undefined> {
  const found = taken.optional().parse(await table.get(keys.username(username)));
  return found ? findUser(table, found.account_id, found.user_id ?? found.account_id) : findUser(table, NOBODY, 'none');
}

/** The users of an account, in the order in which they registered. */
export async function listUsers(table: Table, accountId: string): Promise<User[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.users });
  const users = items.map((item) => user.parse(item));
  if (users.some(({ id }) => id === accountId)) return users;
  const first = founderOf(await table.get(keys.account(accountId)));
  return first ? [first, ...users] : users;
}

/** Writes that create a user and claim the username and the e-mail address. They must come first in the transaction. */
export function creation(created: User): Write[] {
  const absent = { kind: 'absent' } as const;
  const owner = { account_id: created.account_id, user_id: created.id };
  return [
    { kind: 'put', item: { ...keys.username(created.username), ...owner }, condition: absent },
    { kind: 'put', item: { ...keys.email(created.email), ...owner }, condition: absent },
    { kind: 'put', item: { ...keys.user(created.account_id, created.id), ...created }, condition: absent },
  ];
}

/** The error of a transaction that began with `creation` and failed at a name; `undefined` if it failed elsewhere. */
export function takenNames(created: User, failed: readonly number[]): ConflictError | undefined {
  const fields = (['username', 'email'] as const).filter((_, index) => failed.includes(index));
  if (fields.length === 0) return undefined;
  return new ConflictError(
    `${fields.join(' and ')} already taken`,
    fields.map((field) => ({ field, message: `already taken; got ${JSON.stringify(created[field])}` })),
  );
}

/** Rehashes the same password with today's parameters. Does nothing where the password was changed in the meantime. */
export async function replacePasswordHash(table: Table, of: User, hash: string): Promise<void> {
  const stored = { ...keys.user(of.account_id, of.id), ...of, password_hash: hash };
  const unchanged = { kind: 'compare', attribute: 'password_hash', op: '=', value: of.password_hash } as const;
  try {
    await table.put(stored, { kind: 'any', of: [{ kind: 'absent' }, unchanged] });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
