/** API keys, with which programs act for an account. A key is shown once; only its hash is stored. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { epochSeconds } from '../times.ts';
import { isOpen } from './deletion/close.ts';
import { SCOPES } from './scopes.ts';

export const apiKey = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  scope: z.enum(SCOPES),
  /** The first characters of the key, by which people recognise it. */
  prefix: z.string(),
  /** The user, also where they made it with another key. */
  created_by: z.string(),
  created_at: z.string(),
  expires_at: z.string().optional(),
  last_used_at: z.string().optional(),
  sha256: z.string(),
});
export type ApiKey = z.infer<typeof apiKey>;

/** In place of a user: the operator of a machine, or a key of an earlier version, whose maker is not known. */
export const MADE_BY_A_KEY = 'api-key';

export const hashOfKey = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const hasRoom: Condition = {
  kind: 'all',
  of: [
    isOpen,
    {
      kind: 'any',
      of: [
        { kind: 'missing', attribute: 'api_keys' },
        { kind: 'compare', attribute: 'api_keys', op: '<', value: LIMITS.apiKeys },
      ],
    },
  ],
};

/** Throws `ConflictError` if the account has the maximum number of keys. */
export async function createApiKey(table: Table, created: Omit<ApiKey, 'sha256'>, secret: string): Promise<void> {
  const record: ApiKey = { ...created, sha256: hashOfKey(secret) };
  const expiry = created.expires_at === undefined ? {} : { expiresAt: epochSeconds(Date.parse(created.expires_at)) };
  try {
    await table.transact([
      { kind: 'update', key: keys.account(created.account_id), change: { add: { api_keys: 1 } }, condition: hasRoom },
      // An expired key stays in the list; only the record that authenticates it expires.
      { kind: 'put', item: { ...keys.apiKey(created.account_id, created.id), ...record } },
      { kind: 'put', item: { ...keys.apiKeySecret(record.sha256), ...record, ...expiry } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    throw new ConflictError(
      `An account may have at most ${LIMITS.apiKeys} API keys; got ${LIMITS.apiKeys + 1}: revoke one first`,
    );
  }
}

export async function findApiKey(table: Table, secret: string): Promise<ApiKey | undefined> {
  const item = await table.get(keys.apiKeySecret(hashOfKey(secret)));
  return item && apiKey.parse(item);
}

export async function listApiKeys(table: Table, accountId: string): Promise<ApiKey[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.apiKeys });
  return items.map((item) => apiKey.parse(item));
}

/** The key is invalid from then on. Throws `NotFoundError`. */
export async function revokeApiKey(table: Table, accountId: string, id: string): Promise<void> {
  const item = await table.get(keys.apiKey(accountId, id));
  if (!item) throw new NotFoundError(`API key ${id} not found`);
  try {
    await table.transact([
      { kind: 'delete', key: keys.apiKey(accountId, id), condition: { kind: 'present' } },
      { kind: 'delete', key: keys.apiKeySecret(apiKey.parse(item).sha256) },
      { kind: 'update', key: keys.account(accountId), change: { add: { api_keys: -1 } } },
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new NotFoundError(`API key ${id} not found`);
    throw error;
  }
}

/** Records when the key was used. Does nothing if the key was revoked in the meantime. */
export async function recordUse(table: Table, of: ApiKey, at: string): Promise<void> {
  try {
    await table.update(keys.apiKey(of.account_id, of.id), { set: { last_used_at: at } }, { kind: 'present' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
