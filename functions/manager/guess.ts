/** Guesses of passwords are throttled, for each thing that a password opens and each address. */
import { RateLimitError, UnavailableError } from '#domain/errors.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { reserveLogin } from '#functions/http/authentication/login-throttle.ts';
import type { VaultServices } from './services.ts';

/**
 * Runs what tries a password; whatever it throws counts as a wrong one, unless it was not even tried. Throws
 * `RateLimitError`.
 */
export async function throttled<T>(
  { adapters, settings }: VaultServices,
  what: string,
  by: Actor,
  run: () => Promise<T>,
): Promise<T> {
  const guessed = { kind: 'vault', username: what, address: by.address } as const;
  const attempt = await reserveLogin(adapters.table, guessed, settings.rates, adapters.now());
  let result: T;
  try {
    result = await run();
  } catch (error) {
    const untried = error instanceof RateLimitError || error instanceof UnavailableError;
    await (untried ? attempt.cancelled() : attempt.failed());
    throw error;
  }
  await attempt.succeeded();
  return result;
}
