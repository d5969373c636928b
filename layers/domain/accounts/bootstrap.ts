/** The first account of an installation where not anybody may register. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { keys } from '../keys.ts';
import type { Adapters } from '../ports/adapters.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import { createAccount, type Founder } from './change.ts';
import type { User } from './users.ts';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Registers the first account if that is the installation's token, and `undefined` otherwise: also if there is an account
 * already, however many calls come at once. The token is read only while there is none.
 */
export async function registerFirst(
  { table, bootstrapToken }: Pick<Adapters, 'table' | 'bootstrapToken'>,
  token: string,
  founder: Founder,
): Promise<User | undefined> {
  if (!bootstrapToken || (await table.get(keys.operator()))) return undefined;
  const expected = await bootstrapToken();
  if (expected === undefined || !timingSafeEqual(sha256(expected), sha256(token))) return undefined;
  const first = { ...keys.operator(), account_id: founder.id };
  try {
    return await createAccount(table, founder, [{ kind: 'put', item: first, condition: { kind: 'absent' } }]);
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}
