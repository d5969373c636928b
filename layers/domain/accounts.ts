import { z } from 'zod';
import { ConflictError, NotFoundError } from './errors.ts';
import { keys } from './keys.ts';
import { ConditionFailedError, TransactionFailedError } from './port-errors.ts';
import type { Table } from './ports.ts';

export const account = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  full_name: z.string(),
  /** A PHC string: algorithm, parameters, salt and hash. */
  password_hash: z.string(),
  created_at: z.string(),
  /** Jobs that are queued or running: the slots taken. */
  active_jobs: z.number().int().default(0),
  datasets: z.number().int().default(0),
  models: z.number().int().default(0),
  /** The highest number that a model of this account has had. */
  last_model_number: z.number().int().default(0),
});
export type Account = z.infer<typeof account>;

/** Nothing is counted yet. */
const COUNTERS = { active_jobs: 0, datasets: 0, models: 0, last_model_number: 0 };
export type NewAccount = Omit<Account, keyof typeof COUNTERS>;

export async function findAccount(table: Table, id: string): Promise<Account | undefined> {
  const item = await table.get(keys.account(id));
  return item && account.parse(item);
}

/** Throws `NotFoundError`. */
export async function getAccount(table: Table, id: string): Promise<Account> {
  const found = await findAccount(table, id);
  if (!found) throw new NotFoundError(`Account ${id} not found`);
  return found;
}

/** No account has it. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** By username, whatever its case. Reads as often for a name that nobody has, so that the time does not tell. */
export async function findAccountByUsername(table: Table, username: string): Promise<Account | undefined> {
  const taken = await table.get(keys.username(username));
  return findAccount(table, taken ? z.string().parse(taken.account_id) : NOBODY);
}

/** The same password, hashed as is done today. Does nothing where the password was changed in the meantime. */
export async function replacePasswordHash(table: Table, of: Account, hash: string): Promise<void> {
  const unchanged = { kind: 'compare', attribute: 'password_hash', op: '=', value: of.password_hash } as const;
  try {
    await table.update(keys.account(of.id), { set: { password_hash: hash } }, unchanged);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** Throws `ConflictError` naming the field where the username or the e-mail address is taken. */
export async function createAccount(table: Table, created: NewAccount): Promise<void> {
  const absent = { kind: 'absent' } as const;
  const owner = { account_id: created.id };
  try {
    await table.transact([
      { kind: 'put', item: { ...keys.username(created.username), ...owner }, condition: absent },
      { kind: 'put', item: { ...keys.email(created.email), ...owner }, condition: absent },
      { kind: 'put', item: { ...keys.account(created.id), ...created, ...COUNTERS }, condition: absent },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const fields = (['username', 'email'] as const).filter((_, index) => error.failed.includes(index));
    throw new ConflictError(
      `${fields.join(' and ')} already taken`,
      fields.map((field) => ({ field, message: `already taken; got ${JSON.stringify(created[field])}` })),
    );
  }
}
