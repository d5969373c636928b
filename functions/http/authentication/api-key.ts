/** Finds the API key that a request brings, and writes down now and then that it was used. */
import { type ApiKey, findApiKey, noteUse } from '#domain/accounts/api-keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '../contract.ts';

/** A use is written down at most this often. */
const NOTE_MILLISECONDS = 600_000;
/** Keys whose last use is remembered here, so that this cannot grow without bound. */
const REMEMBERED = 10_000;

export interface ApiKeys {
  /** `undefined` for whatever is no key that still holds. */
  find(given: string): Promise<ApiKey | undefined>;
}

export function makeApiKeys({ table, now }: Pick<Adapters, 'table' | 'now'>, logger: Log): ApiKeys {
  const noted = new Map<string, number>();

  async function note(key: ApiKey): Promise<void> {
    const before = noted.get(key.id);
    if (before !== undefined && now() - before < NOTE_MILLISECONDS) return;
    if (noted.size >= REMEMBERED) noted.clear();
    noted.set(key.id, now());
    try {
      await noteUse(table, key, isoTime(now()));
    } catch (error) {
      logger.warn('the use of an API key was not recorded', { api_key: key.id, error: error as Error });
    }
  }

  return {
    async find(given) {
      const found = await findApiKey(table, given);
      if (found) await note(found);
      return found;
    },
  };
}
