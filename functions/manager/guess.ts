/**
 * Guesses of passwords are throttled, for each thing that a password opens and each address, and for each address of an
 * account: who shares an address with somebody of another account is not locked out by his guesses.
 */
import { RateLimitError, UnavailableError } from '#domain/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import { PostponedError } from './jobs/work.ts';
import type { VaultServices } from './services.ts';

/** What a password opens: a model, a backup, or all that a rotation concerns. */
export interface Locked {
  readonly account_id: string;
  readonly id: string;
}

/**
 * Runs what tries a password; whatever it throws counts as a wrong one, unless it was not even tried: what is postponed
 * is counted when it is gone on with. Throws `RateLimitError`.
 */
export async function throttled<T>(
  { adapters, settings }: VaultServices,
  { account_id, id }: Locked,
  by: Actor,
  run: () => Promise<T>,
): Promise<T> {
  const address = `${account_id} ${by.address}`;
  const guessed = { kind: 'vault', username: `${account_id}#${id}`, address } as const;
  const attempt = await reserveLogin(adapters.table, guessed, settings.rates, adapters.now());
  let result: T;
  try {
    result = await run();
  } catch (error) {
    const untried =
      error instanceof RateLimitError || error instanceof UnavailableError || error instanceof PostponedError;
    await (untried ? attempt.cancelled() : attempt.failed());
    throw error;
  }
  await attempt.succeeded();
  return result;
}
