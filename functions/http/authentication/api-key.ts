/** Looks up the API key of a request, and records now and then that it was used. */
import { type ApiKey, findApiKey, recordUse } from '#domain/accounts/api-keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '../contract.ts';

/** The minimum time between two records of a key's use. */
const RECORD_MILLISECONDS = 600_000;
/** The maximum number of keys whose last use is kept in memory. */
const MAX_KEYS = 10_000;

export interface ApiKeys {
  /** `undefined` unless it is a valid key. */
  find(given: string): Promise<ApiKey | undefined>;
}

export function makeApiKeys({ table, now }: Pick<Adapters, 'table' | 'now'>, logger: Log): ApiKeys {
  const recordedAt = new Map<string, number>();

  async function record(key: ApiKey): Promise<void> {
    const before = recordedAt.get(key.id);
    if (before !== undefined && now() - before < RECORD_MILLISECONDS) return;
    if (recordedAt.size >= MAX_KEYS) recordedAt.clear();
    recordedAt.set(key.id, now());
    try {
      await recordUse(table, key, isoTime(now()));
    } catch (error) {
      logger.warn('the use of an API key was not recorded', { api_key: key.id, error: error as Error });
    }
  }

  return {
    async find(given) {
      const found = await findApiKey(table, given);
      if (found) await record(found);
      return found;
    },
  };
}
