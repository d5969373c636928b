import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey } from '#domain/accounts/api-keys.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { KEY_PREFIX } from '#functions/http/authentication/credentials.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id, nameLine } from '../fields.ts';
import { apiKey, days, makerOf, newApiKey, scope, showApiKey } from './fields.ts';

const common = { tags: ['Account'], authentication: 'account', scope: 'admin', cost: 'request' } as const;
const DAY = 86_400_000;
const KEY_BYTES = 32;
const SHOWN_CHARACTERS = 7;

const body = z
  .strictObject({
    name: nameLine(LIMITS.fullName.max),
    scope,
    expires_in_days: days(3650).optional().meta({ description: 'Left out, it holds until it is revoked' }),
  })
  .meta({ id: 'ApiKeyRequest' });

export const create = route({
  ...common,
  method: 'POST',
  path: '/account/api-keys',
  summary: 'Make an API key',
  description: 'Send it as `X-API-Key: …` or as `Authorization: Bearer …`.',
  idempotent: true,
  confidential: true,
  request: { body: json(body) },
  responses: { 201: { description: 'The key, and what it is this once', schema: newApiKey } },
  errors: [409],
  async handler({ caller, body: { name, scope, expires_in_days } }, { adapters }) {
    const now = adapters.now();
    const key = KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
    const created = {
      id: newId(now),
      account_id: caller.accountId,
      name,
      scope,
      prefix: key.slice(0, SHOWN_CHARACTERS),
      created_by: makerOf(caller),
      created_at: isoTime(now),
      ...(expires_in_days === undefined ? {} : { expires_at: isoTime(now + expires_in_days * DAY) }),
    };
    await createApiKey(adapters.table, created, key);
    return { status: 201, body: { ...showApiKey(created), key } };
  },
});

export const list = route({
  ...common,
  method: 'GET',
  path: '/account/api-keys',
  summary: 'List the API keys of this account',
  responses: {
    200: {
      description: 'The keys, those that have expired included',
      schema: z.strictObject({ api_keys: z.array(apiKey) }).meta({ id: 'ApiKeyList' }),
    },
  },
  async handler({ caller }, { adapters }) {
    const keys = await listApiKeys(adapters.table, caller.accountId);
    return { status: 200, body: { api_keys: keys.map(showApiKey) } };
  },
});

export const revoke = route({
  ...common,
  method: 'DELETE',
  path: '/account/api-keys/{key_id}',
  summary: 'Revoke an API key',
  request: { path: z.strictObject({ key_id: id }) },
  responses: { 204: { description: 'Revoked: nobody is let in with it any more' } },
  async handler({ caller, path }, { adapters }) {
    await revokeApiKey(adapters.table, caller.accountId, path.key_id);
    return { status: 204 };
  },
});
